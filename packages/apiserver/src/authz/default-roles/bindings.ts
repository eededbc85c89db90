import type { ClusterRoleBinding, RbacSubject, RoleBinding } from '@kubelab/api';
import { controllerNames, controllerRoleName } from './controller-roles.js';

const GROUP = 'rbac.authorization.k8s.io';
const CONTROLLER_MANAGER = 'system:kube-controller-manager';
const SCHEDULER = 'system:kube-scheduler';
const SYSTEM_NAMESPACE = 'kube-system';

/**
 * The controllers that our controller-manager runs. It is one identity, so it
 * holds the roles of all of them, where Kubernetes gives each its own service account.
 */
const OWN_CONTROLLERS = [
  'certificate-controller',
  'clusterrole-aggregation-controller',
  'deployment-controller',
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'generic-garbage-collector',
  'namespace-controller',
  'node-controller',
  'pod-garbage-collector',
  'pv-protection-controller',
  'pvc-protection-controller',
  'replicaset-controller',
  'replication-controller',
  'resourcequota-controller',
  'root-ca-cert-publisher',
  'service-account-controller',
  'service-cidrs-controller',
];

export const clusterBindings: readonly ClusterRoleBinding[] = [
  clusterBinding('cluster-admin', [group('system:masters')]),
  clusterBinding('system:monitoring', [group('system:monitoring')]),
  clusterBinding('system:discovery', [group('system:authenticated')]),
  clusterBinding('system:basic-user', [group('system:authenticated')]),
  clusterBinding('system:public-info-viewer', [group('system:authenticated'), group('system:unauthenticated')]),
  clusterBinding('system:node-proxier', [user('system:kube-proxy')]),
  clusterBinding('system:kube-controller-manager', [user(CONTROLLER_MANAGER)]),
  clusterBinding('system:kube-dns', [serviceAccount('kube-dns')]),
  clusterBinding('system:kube-scheduler', [user(SCHEDULER)]),
  clusterBinding('system:volume-scheduler', [user(SCHEDULER)]),
  // Nobody: the Node authorizer knows better. It is there for who runs without that.
  clusterBinding('system:node', []),
  clusterBinding('system:kubelab:hollow', [group('system:kubelab:hollow')]),
  clusterBinding('system:service-account-issuer-discovery', [group('system:serviceaccounts')]),
  ...controllerNames.map((name) => clusterBinding(controllerRoleName(name), [serviceAccount(name)])),
  ...OWN_CONTROLLERS.map((name) =>
    clusterBinding(controllerRoleName(name), [user(CONTROLLER_MANAGER)], `kubelab:controller-manager:${name}`),
  ),
];

export const namespaceBindings: readonly RoleBinding[] = [
  binding(
    SYSTEM_NAMESPACE,
    'system::extension-apiserver-authentication-reader',
    'extension-apiserver-authentication-reader',
    [user(CONTROLLER_MANAGER), user(SCHEDULER)],
  ),
  binding(SYSTEM_NAMESPACE, 'system:controller:bootstrap-signer', 'system:controller:bootstrap-signer', [
    serviceAccount('bootstrap-signer'),
  ]),
  binding(SYSTEM_NAMESPACE, 'system:controller:cloud-provider', 'system:controller:cloud-provider', [
    serviceAccount('cloud-provider'),
  ]),
  binding(SYSTEM_NAMESPACE, 'system:controller:token-cleaner', 'system:controller:token-cleaner', [
    serviceAccount('token-cleaner'),
  ]),
  binding(
    SYSTEM_NAMESPACE,
    'system::leader-locking-kube-controller-manager',
    'system::leader-locking-kube-controller-manager',
    [user(CONTROLLER_MANAGER), serviceAccount('kube-controller-manager')],
  ),
  binding(SYSTEM_NAMESPACE, 'system::leader-locking-kube-scheduler', 'system::leader-locking-kube-scheduler', [
    user(SCHEDULER),
    serviceAccount('kube-scheduler'),
  ]),
  binding('kube-public', 'system:controller:bootstrap-signer', 'system:controller:bootstrap-signer', [
    serviceAccount('bootstrap-signer'),
  ]),
];

function clusterBinding(role: string, subjects: RbacSubject[], name = role): ClusterRoleBinding {
  return { metadata: { name }, subjects, roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role } };
}

function binding(namespace: string, name: string, role: string, subjects: RbacSubject[]): RoleBinding {
  return { metadata: { namespace, name }, subjects, roleRef: { apiGroup: GROUP, kind: 'Role', name: role } };
}

function user(name: string): RbacSubject {
  return { kind: 'User', apiGroup: GROUP, name };
}

function group(name: string): RbacSubject {
  return { kind: 'Group', apiGroup: GROUP, name };
}

function serviceAccount(name: string): RbacSubject {
  return { kind: 'ServiceAccount', namespace: SYSTEM_NAMESPACE, name };
}
