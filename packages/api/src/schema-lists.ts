/**
 * What Kubernetes v1.34 declares about its lists and maps beyond their types:
 * how strategic merge patch treats them and how server-side apply merges them.
 * Source: the struct tags and markers of the API types (`patchStrategy`,
 * `patchMergeKey`, `+listType`, `+listMapKey`, `+mapType`, `+structType`).
 */
export interface PatchStrategy {
  /** The field that tells a list's elements apart; absent for lists of scalars. */
  readonly mergeKey?: string;
  /** Absent means replace for lists, merge for objects. */
  readonly strategy?: 'merge' | 'replace';
  /** What a patch with `$retainKeys` leaves out is removed. */
  readonly retainKeys?: boolean;
}

export interface ListType {
  readonly type: 'atomic' | 'set' | 'map';
  /** For `map`. */
  readonly keys?: readonly string[];
}

const mergeBy = (mergeKey: string): PatchStrategy => ({ mergeKey, strategy: 'merge' });
const mergeScalars: PatchStrategy = { strategy: 'merge' };

const CONDITIONS_OF = [
  'PodStatus',
  'ReplicationControllerStatus',
  'ServiceStatus',
  'NodeStatus',
  'NamespaceStatus',
  'PersistentVolumeClaimStatus',
  'ComponentStatus',
  'DeploymentStatus',
  'ReplicaSetStatus',
  'DaemonSetStatus',
  'StatefulSetStatus',
  'JobStatus',
  'V2HorizontalPodAutoscalerStatus',
  'PodDisruptionBudgetStatus',
  'ServiceCIDRStatus',
];
const CONTAINER_TYPES = ['Container', 'EphemeralContainer'];

/** `Type.field` → how strategic merge patch treats it. What is absent has the default. */
export const patchStrategies: ReadonlyMap<string, PatchStrategy> = new Map<string, PatchStrategy>([
  ['ObjectMeta.ownerReferences', mergeBy('uid')],
  ['ObjectMeta.finalizers', mergeScalars],
  ...CONDITIONS_OF.map((type): [string, PatchStrategy] => [`${type}.conditions`, mergeBy('type')]),
  ...CONTAINER_TYPES.flatMap((type): [string, PatchStrategy][] => [
    [`${type}.ports`, mergeBy('containerPort')],
    [`${type}.env`, mergeBy('name')],
    [`${type}.volumeMounts`, mergeBy('mountPath')],
    [`${type}.volumeDevices`, mergeBy('devicePath')],
  ]),
  ['PodSpec.volumes', { mergeKey: 'name', strategy: 'merge', retainKeys: true }],
  ['PodSpec.resourceClaims', { mergeKey: 'name', strategy: 'merge', retainKeys: true }],
  ['PodSpec.containers', mergeBy('name')],
  ['PodSpec.initContainers', mergeBy('name')],
  ['PodSpec.ephemeralContainers', mergeBy('name')],
  ['PodSpec.imagePullSecrets', mergeBy('name')],
  ['PodSpec.schedulingGates', mergeBy('name')],
  ['PodSpec.hostAliases', mergeBy('ip')],
  ['PodSpec.topologySpreadConstraints', mergeBy('topologyKey')],
  ['PodStatus.hostIPs', mergeBy('ip')],
  ['PodStatus.podIPs', mergeBy('ip')],
  ['PodStatus.resourceClaimStatuses', { mergeKey: 'name', strategy: 'merge', retainKeys: true }],
  ['ContainerStatus.volumeMounts', mergeBy('mountPath')],
  ['ContainerStatus.allocatedResourcesStatus', mergeBy('name')],
  ['ServiceSpec.ports', mergeBy('port')],
  ['ServiceAccount.secrets', mergeBy('name')],
  ['NodeSpec.podCIDRs', mergeScalars],
  ['NodeStatus.addresses', mergeBy('type')],
  ['DeploymentSpec.strategy', { retainKeys: true }],
  ['PodDisruptionBudgetSpec.selector', { strategy: 'replace' }],
  ['CSINodeSpec.drivers', mergeBy('name')],
]);

/** Lists that are merged by key: `Type.field` → its keys. */
const MAP_LISTS: Readonly<Record<string, readonly string[]>> = {
  'ObjectMeta.ownerReferences': ['uid'],
  'PodSpec.volumes': ['name'],
  'PodSpec.containers': ['name'],
  'PodSpec.initContainers': ['name'],
  'PodSpec.ephemeralContainers': ['name'],
  'PodSpec.imagePullSecrets': ['name'],
  'PodSpec.schedulingGates': ['name'],
  'PodSpec.resourceClaims': ['name'],
  'PodSpec.hostAliases': ['ip'],
  'PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
  'PodStatus.podIPs': ['ip'],
  'PodStatus.resourceClaimStatuses': ['name'],
  'ContainerStatus.volumeMounts': ['mountPath'],
  'ContainerStatus.allocatedResourcesStatus': ['name'],
  'ResourceStatus.resources': ['resourceID'],
  'ResourceRequirements.claims': ['name'],
  'ServiceSpec.ports': ['port', 'protocol'],
  'ServiceAccount.secrets': ['name'],
  'NodeStatus.addresses': ['type'],
  'CertificateSigningRequestStatus.conditions': ['type'],
  'CSINodeSpec.drivers': ['name'],
};

/** Lists whose elements are a set of scalars. */
const SET_LISTS = [
  'ObjectMeta.finalizers',
  'NodeSpec.podCIDRs',
  'Endpoint.addresses',
  'ContainerRestartRuleOnExitCodes.values',
  'PodFailurePolicyOnExitCodesRequirement.values',
  'UncountedTerminatedPods.failed',
  'UncountedTerminatedPods.succeeded',
  'CSIDriverSpec.volumeLifecycleModes',
];

const mergedLists: ReadonlyMap<string, ListType> = new Map<string, ListType>([
  ...Object.entries(MAP_LISTS).map(([field, keys]): [string, ListType] => [field, { type: 'map', keys }]),
  ...SET_LISTS.map((field): [string, ListType] => [field, { type: 'set' }]),
  // JobStatus.conditions is merged by patches but atomic to apply.
  ...CONDITIONS_OF.filter((type) => type !== 'JobStatus').map((type): [string, ListType] => [
    `${type}.conditions`,
    { type: 'map', keys: ['type'] },
  ]),
  ...CONTAINER_TYPES.flatMap((type): [string, ListType][] => [
    [`${type}.ports`, { type: 'map', keys: ['containerPort', 'protocol'] }],
    [`${type}.env`, { type: 'map', keys: ['name'] }],
    [`${type}.volumeMounts`, { type: 'map', keys: ['mountPath'] }],
    [`${type}.volumeDevices`, { type: 'map', keys: ['devicePath'] }],
  ]),
]);

const atomic: ListType = { type: 'atomic' };

/** How server-side apply treats the list `Type.field`. Every other list of v1.34 is atomic. */
export function listTypeOf(type: string, field: string): ListType {
  return mergedLists.get(`${type}.${field}`) ?? atomic;
}

export function patchStrategyOf(type: string, field: string): PatchStrategy | undefined {
  return patchStrategies.get(`${type}.${field}`);
}

/** Objects with fields that are nevertheless one value to server-side apply. */
const ATOMIC_TYPES = new Set([
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
]);

/** Fields whose map, or whose use of an atomic type, departs from the rule. */
const FIELD_MAP_TYPES: ReadonlyMap<string, 'atomic' | 'granular'> = new Map([
  ['PodSpec.nodeSelector', 'atomic'],
  ['ReplicationControllerSpec.selector', 'atomic'],
  ['ServiceSpec.selector', 'atomic'],
  ['Scheduling.nodeSelector', 'atomic'],
  ['PersistentVolumeSpec.claimRef', 'granular'],
  ['PersistentVolumeClaimStatus.allocatedResourceStatuses', 'granular'],
]);

/** Whether a type as a whole is atomic to server-side apply. */
export function isAtomicType(type: string): boolean {
  return ATOMIC_TYPES.has(type);
}

/** What is declared for one field; undefined: as its type says, granular by default. */
export function mapTypeOf(type: string, field: string): 'atomic' | 'granular' | undefined {
  return FIELD_MAP_TYPES.get(`${type}.${field}`);
}
