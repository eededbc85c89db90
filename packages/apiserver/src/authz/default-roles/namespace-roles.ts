import type { PolicyRule, Role } from '@kubelab/api';
import { CORE, EVENTS_RULE, namedRule, READ, rule } from './rules.js';

const SYSTEM = 'kube-system';
const PUBLIC = 'kube-public';

/** The Roles that are there in kube-system and kube-public. */
export const namespaceRoles: readonly Role[] = [
  role(SYSTEM, 'extension-apiserver-authentication-reader', [
    namedRule('get list watch', CORE, 'configmaps', ['extension-apiserver-authentication']),
  ]),
  role(SYSTEM, 'system:controller:bootstrap-signer', [rule(READ, CORE, 'secrets')]),
  role(SYSTEM, 'system:controller:cloud-provider', [rule('create get list watch', CORE, 'configmaps')]),
  role(SYSTEM, 'system:controller:token-cleaner', [rule('delete get list watch', CORE, 'secrets'), EVENTS_RULE]),
  leaderLocking('kube-controller-manager'),
  leaderLocking('kube-scheduler'),
  role(PUBLIC, 'system:controller:bootstrap-signer', [
    rule(READ, CORE, 'configmaps'),
    namedRule('update', CORE, 'configmaps', ['cluster-info']),
    EVENTS_RULE,
  ]),
];

function role(namespace: string, name: string, rules: PolicyRule[]): Role {
  return { metadata: { namespace, name }, rules };
}

function leaderLocking(component: string): Role {
  return role(SYSTEM, `system::leader-locking-${component}`, [
    rule('watch', CORE, 'configmaps'),
    namedRule('get update', CORE, 'configmaps', [component]),
  ]);
}
