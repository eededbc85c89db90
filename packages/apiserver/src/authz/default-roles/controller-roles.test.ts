import { expect, test } from 'vitest';
import { clusterBindings } from './bindings.js';
import { controllerRoles } from './controller-roles.js';

const rulesOf = (controller: string) =>
  controllerRoles.find(({ metadata }) => metadata?.name === `system:controller:${controller}`)?.rules ?? [];

test('every controller of Kubernetes 1.34 has its role, bound to its service account', () => {
  const names = controllerRoles.map(({ metadata }) => metadata?.name?.slice('system:controller:'.length)).sort();
  expect(names).toEqual(
    [
      'attachdetach-controller certificate-controller clusterrole-aggregation-controller cronjob-controller',
      'daemon-set-controller deployment-controller disruption-controller endpoint-controller',
      'endpointslice-controller endpointslicemirroring-controller ephemeral-volume-controller expand-controller',
      'generic-garbage-collector horizontal-pod-autoscaler job-controller legacy-service-account-token-cleaner',
      'namespace-controller node-controller persistent-volume-binder pod-garbage-collector',
      'pv-protection-controller pvc-protection-controller replicaset-controller replication-controller',
      'resource-claim-controller resourcequota-controller root-ca-cert-publisher route-controller',
      'selinux-warning-controller service-account-controller service-cidrs-controller service-controller',
      'statefulset-controller ttl-after-finished-controller ttl-controller',
      'validatingadmissionpolicy-status-controller volumeattributesclass-protection-controller',
    ].flatMap((line) => line.split(' ')),
  );
  for (const name of names) {
    const binding = clusterBindings.find(({ metadata }) => metadata?.name === `system:controller:${name}`);
    expect(binding?.subjects).toEqual([{ kind: 'ServiceAccount', namespace: 'kube-system', name }]);
  }
});

test.each([
  [
    'deployment-controller',
    { verbs: ['update'], apiGroups: ['apps', 'extensions'], resources: ['deployments/status'] },
  ],
  ['statefulset-controller', { verbs: ['update'], apiGroups: [''], resources: ['pods/finalizers'] }],
  [
    'namespace-controller',
    { verbs: ['delete', 'deletecollection', 'get', 'list', 'watch'], apiGroups: ['*'], resources: ['*'] },
  ],
  [
    'resource-claim-controller',
    {
      verbs: ['patch', 'update'],
      apiGroups: ['resource.k8s.io'],
      resources: ['resourceclaims', 'resourceclaims/status'],
    },
  ],
])('a rule of the %s', (controller, rule) => {
  expect(rulesOf(controller)).toContainEqual(rule);
});

test('no controller may read every Secret but those that read everything', () => {
  const readers = controllerRoles
    .filter(({ rules }) =>
      rules?.some(({ resources, verbs }) => resources?.includes('secrets') && verbs.includes('list')),
    )
    .map(({ metadata }) => metadata?.name);
  expect(readers).toEqual([]);
});
