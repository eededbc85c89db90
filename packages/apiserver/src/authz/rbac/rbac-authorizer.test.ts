import type { ClusterRoleBinding, RbacSubject, RoleBinding } from '@kubelab/api';
import { expect, test } from 'vitest';
import type { Attributes } from '../authorizer.js';
import { PolicyIndex } from './policy-index.js';
import { rbacAuthorizer } from './rbac-authorizer.js';

const GROUP = 'rbac.authorization.k8s.io';
const pods = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };

function binding(
  name: string,
  kind: string,
  role: string,
  ...subjects: RbacSubject[]
): RoleBinding & ClusterRoleBinding {
  return { metadata: { name }, subjects, roleRef: { apiGroup: GROUP, kind, name: role } };
}

const ann: RbacSubject = { kind: 'User', name: 'ann' };
const getPod = (over: Partial<Attributes> = {}): Attributes => ({
  user: { name: 'ann', groups: ['dev'] },
  verb: 'get',
  resource: { group: '', plural: 'pods' },
  subresource: '',
  namespace: 'ns',
  name: 'p',
  path: '',
  ...over,
});

function setUp() {
  const index = new PolicyIndex();
  index.setRole('/reader', { metadata: { name: 'reader' }, rules: [pods] });
  index.setRole('ns/local', { metadata: { name: 'local' }, rules: [pods] });
  const { authorize } = rbacAuthorizer(index);
  return { index, decide: (over?: Partial<Attributes>) => authorize(getPod(over)) };
}

test('a ClusterRoleBinding holds everywhere, and says why', () => {
  const { index, decide } = setUp();
  index.setBinding('/all', binding('all', 'ClusterRole', 'reader', ann));
  expect(decide()).toEqual({
    decision: 'allow',
    reason: 'RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "reader" to User "ann"',
  });
  expect(decide({ namespace: '' }).decision).toBe('allow');
  expect(decide({ user: { name: 'bob', groups: [] } }).decision).toBe('noOpinion');
});

test('a RoleBinding holds in its namespace, whichever kind of role it gives', () => {
  const { index, decide } = setUp();
  const account: RbacSubject = { kind: 'ServiceAccount', name: 'sa' };
  index.setBinding('ns/one', binding('one', 'ClusterRole', 'reader', { kind: 'Group', name: 'dev' }));
  index.setBinding('ns/two', binding('two', 'Role', 'local', account));
  expect(decide().reason).toBe('RBAC: allowed by RoleBinding "one/ns" of ClusterRole "reader" to Group "dev"');
  expect(decide({ namespace: 'other' }).decision).toBe('noOpinion');
  expect(decide({ namespace: '' }).decision).toBe('noOpinion');
  const user = { name: 'system:serviceaccount:ns:sa', groups: [] };
  expect(decide({ user }).reason).toBe(
    'RBAC: allowed by RoleBinding "two/ns" of Role "local" to ServiceAccount "sa/ns"',
  );
});

test('a role that is missing is told, and no hindrance once it is there', () => {
  const { index, decide } = setUp();
  index.setBinding('/a', binding('a', 'ClusterRole', 'gone', ann));
  index.setBinding('ns/b', binding('b', 'Role', 'gone', ann));
  expect(decide().reason).toBe(
    'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "gone" not found]',
  );
  index.setRole('/gone', { metadata: { name: 'gone' }, rules: [pods] });
  expect(decide().decision).toBe('allow');
});

test('what is changed or taken away holds no longer', () => {
  const { index, decide } = setUp();
  index.setBinding('/all', binding('all', 'ClusterRole', 'reader', ann));
  index.setBinding('/all', binding('all', 'ClusterRole', 'reader', { kind: 'User', name: 'bob' }));
  expect(decide().decision).toBe('noOpinion');
  index.setBinding('/all', binding('all', 'ClusterRole', 'reader', ann));
  index.setBinding('/all', undefined);
  expect(decide().decision).toBe('noOpinion');
  index.setBinding('/all', binding('all', 'ClusterRole', 'reader', ann));
  index.setRole('/reader', { metadata: { name: 'reader' }, rules: [] });
  expect(decide().decision).toBe('noOpinion');
});

test('rules are enumerated, each role once', () => {
  const { index } = setUp();
  index.setBinding('/a', binding('a', 'ClusterRole', 'reader', ann, { kind: 'Group', name: 'dev' }));
  index.setBinding('ns/b', binding('b', 'Role', 'gone', ann));
  expect(rbacAuthorizer(index).rulesFor({ name: 'ann', groups: ['dev'] }, 'ns')).toEqual({
    rules: [pods],
    incomplete: false,
    errors: ['role.rbac.authorization.k8s.io "gone" not found'],
  });
});
