import { describe, expect, it } from 'vitest';
import { definitions } from './generated/schema.js';
import { isAtomicType, listTypeOf, mapTypeOf, patchStrategyOf } from './schema-lists.js';

/**
 * All of the lists of v1.34 that are not atomic, all merge keys and all atomic
 * structures, as the published OpenAPI documents and Go's struct tags have
 * them. A list that is in neither must be atomic.
 */
const fields = Object.entries(definitions).flatMap(([type, { properties }]) =>
  Object.entries(properties).map(([field, node]) => ({ type, field, node })),
);

const CONTAINERS = ['Container', 'EphemeralContainer'];
const CONDITIONS = [
  'ComponentStatus',
  'DaemonSetStatus',
  'DeploymentStatus',
  'NamespaceStatus',
  'NodeStatus',
  'PersistentVolumeClaimStatus',
  'PodDisruptionBudgetStatus',
  'PodStatus',
  'ReplicaSetStatus',
  'ReplicationControllerStatus',
  'ServiceCIDRStatus',
  'ServiceStatus',
  'StatefulSetStatus',
  'V2HorizontalPodAutoscalerStatus',
];

const MERGED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(CONDITIONS.map((type) => [`${type}.conditions`, 'type'])),
  ...Object.fromEntries(
    CONTAINERS.flatMap((type) => [
      [`${type}.env`, 'name'],
      [`${type}.ports`, 'containerPort,protocol'],
      [`${type}.volumeDevices`, 'devicePath'],
      [`${type}.volumeMounts`, 'mountPath'],
    ]),
  ),
  'CSINodeSpec.drivers': 'name',
  'CertificateSigningRequestStatus.conditions': 'type',
  'ContainerStatus.allocatedResourcesStatus': 'name',
  'ContainerStatus.volumeMounts': 'mountPath',
  'NodeStatus.addresses': 'type',
  'ObjectMeta.ownerReferences': 'uid',
  'PodSpec.containers': 'name',
  'PodSpec.ephemeralContainers': 'name',
  'PodSpec.hostAliases': 'ip',
  'PodSpec.imagePullSecrets': 'name',
  'PodSpec.initContainers': 'name',
  'PodSpec.resourceClaims': 'name',
  'PodSpec.schedulingGates': 'name',
  'PodSpec.topologySpreadConstraints': 'topologyKey,whenUnsatisfiable',
  'PodSpec.volumes': 'name',
  'PodStatus.podIPs': 'ip',
  'PodStatus.resourceClaimStatuses': 'name',
  'ResourceRequirements.claims': 'name',
  'ResourceStatus.resources': 'resourceID',
  'ServiceAccount.secrets': 'name',
  'ServiceSpec.ports': 'port,protocol',
};

const SETS = [
  'CSIDriverSpec.volumeLifecycleModes',
  'ContainerRestartRuleOnExitCodes.values',
  'Endpoint.addresses',
  'NodeSpec.podCIDRs',
  'ObjectMeta.finalizers',
  'PodFailurePolicyOnExitCodesRequirement.values',
  'UncountedTerminatedPods.failed',
  'UncountedTerminatedPods.succeeded',
];

/** What strategic merge patch merges; `+` where keys that a patch does not retain go. */
const PATCHED: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...CONDITIONS, 'JobStatus'].map((type) => [`${type}.conditions`, 'type'])),
  ...Object.fromEntries(
    CONTAINERS.flatMap((type) => [
      [`${type}.env`, 'name'],
      [`${type}.ports`, 'containerPort'],
      [`${type}.volumeDevices`, 'devicePath'],
      [`${type}.volumeMounts`, 'mountPath'],
    ]),
  ),
  'CSINodeSpec.drivers': 'name',
  'ContainerStatus.allocatedResourcesStatus': 'name',
  'ContainerStatus.volumeMounts': 'mountPath',
  'NodeSpec.podCIDRs': '',
  'NodeStatus.addresses': 'type',
  'ObjectMeta.finalizers': '',
  'ObjectMeta.ownerReferences': 'uid',
  'PodSpec.containers': 'name',
  'PodSpec.ephemeralContainers': 'name',
  'PodSpec.hostAliases': 'ip',
  'PodSpec.imagePullSecrets': 'name',
  'PodSpec.initContainers': 'name',
  'PodSpec.resourceClaims': 'name+',
  'PodSpec.schedulingGates': 'name',
  'PodSpec.topologySpreadConstraints': 'topologyKey',
  'PodSpec.volumes': 'name+',
  'PodStatus.hostIPs': 'ip',
  'PodStatus.podIPs': 'ip',
  'PodStatus.resourceClaimStatuses': 'name+',
  'ServiceAccount.secrets': 'name',
  'ServiceSpec.ports': 'port',
};

const ATOMIC_TYPES = [
  'ConfigMapKeySelector',
  'CrossVersionObjectReference',
  'DiscoveryEndpointPort',
  'EndpointAddress',
  'EndpointPort',
  'FileKeySelector',
  'LabelSelector',
  'LocalObjectReference',
  'NodeSelector',
  'NodeSelectorTerm',
  'ObjectFieldSelector',
  'ObjectReference',
  'OwnerReference',
  'RbacSubject',
  'ResourceFieldSelector',
  'RoleRef',
  'ScopeSelector',
  'SecretKeySelector',
  'SecretReference',
  'TopologySelectorTerm',
  'TypedLocalObjectReference',
];

describe('the tables of v1.34', () => {
  const lists = fields.filter(({ node }) => node.type === 'array');

  it('have every list that is merged by keys, and no other', () => {
    const found = lists.filter(({ type, field }) => listTypeOf(type, field).type === 'map');
    const entries = found.map(({ type, field }) => [`${type}.${field}`, listTypeOf(type, field).keys?.join()]);
    expect(Object.fromEntries(entries)).toEqual(MERGED);
  });

  it('have every set, and no other', () => {
    const found = lists.filter(({ type, field }) => listTypeOf(type, field).type === 'set');
    expect(found.map(({ type, field }) => `${type}.${field}`).sort()).toEqual([...SETS].sort());
  });

  it('have every list that patches merge, and no other', () => {
    const found = lists.flatMap(({ type, field }) => {
      const { strategy, mergeKey = '', retainKeys } = patchStrategyOf(type, field) ?? {};
      return strategy === 'merge' ? [[`${type}.${field}`, `${mergeKey}${retainKeys ? '+' : ''}`]] : [];
    });
    expect(Object.fromEntries(found)).toEqual(PATCHED);
  });

  it('have every structure and map that is one value, and no other', () => {
    expect(Object.keys(definitions).filter(isAtomicType).sort()).toEqual(ATOMIC_TYPES);
    const maps = fields.filter(({ type, field }) => mapTypeOf(type, field) !== undefined);
    expect(Object.fromEntries(maps.map(({ type, field }) => [`${type}.${field}`, mapTypeOf(type, field)]))).toEqual({
      'PersistentVolumeClaimStatus.allocatedResourceStatuses': 'granular',
      'PersistentVolumeSpec.claimRef': 'granular',
      'PodSpec.nodeSelector': 'atomic',
      'ReplicationControllerSpec.selector': 'atomic',
      'Scheduling.nodeSelector': 'atomic',
      'ServiceSpec.selector': 'atomic',
    });
  });

  it('have every quantity', () => {
    const quantities = fields.filter(({ node }) => {
      const leaf = node.items ?? node.additionalProperties ?? node;
      return leaf.format === 'quantity';
    });
    expect(quantities.map(({ type, field }) => `${type}.${field}`).sort()).toEqual(
      [
        'CSIStorageCapacity.capacity',
        'CSIStorageCapacity.maximumVolumeSize',
        'ContainerStatus.allocatedResources',
        'EmptyDirVolumeSource.sizeLimit',
        'LimitRangeItem.default',
        'LimitRangeItem.defaultRequest',
        'LimitRangeItem.max',
        'LimitRangeItem.maxLimitRequestRatio',
        'LimitRangeItem.min',
        'NodeStatus.allocatable',
        'NodeStatus.capacity',
        'Overhead.podFixed',
        'PersistentVolumeClaimStatus.allocatedResources',
        'PersistentVolumeClaimStatus.capacity',
        'PersistentVolumeSpec.capacity',
        'PodSpec.overhead',
        'ResourceFieldSelector.divisor',
        'ResourceQuotaSpec.hard',
        'ResourceQuotaStatus.hard',
        'ResourceQuotaStatus.used',
        'ResourceRequirements.limits',
        'ResourceRequirements.requests',
        'V2HPAScalingRules.tolerance',
        'V2MetricTarget.averageValue',
        'V2MetricTarget.value',
        'V2MetricValueStatus.averageValue',
        'V2MetricValueStatus.value',
        'VolumeResourceRequirements.limits',
        'VolumeResourceRequirements.requests',
      ].sort(),
    );
  });
});
