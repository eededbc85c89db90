/**
 * Fields that Kubernetes' own encoder writes even where nothing is set: structs
 * held by value rather than by pointer, and lists without `omitempty` that are
 * merged by key. To whoever tracks fields they are never absent, hence never
 * added or removed as such; only what is in them is.
 * Source: the Go types of the API, v1.34. What is atomic, or only ever part of
 * something atomic, needs no row.
 */
const ALWAYS_PRESENT: Readonly<Record<string, readonly string[]>> = {
  CSINodeSpec: ['drivers'],
  Container: ['resources'],
  ContainerStatus: ['lastState', 'state'],
  CronJobSpec: ['jobTemplate'],
  DaemonSetSpec: ['template', 'updateStrategy'],
  DeploymentSpec: ['strategy', 'template'],
  EphemeralContainer: ['resources'],
  Event: ['source'],
  IngressServiceBackend: ['port'],
  IngressStatus: ['loadBalancer'],
  JobSpec: ['template'],
  NodeDaemonEndpoints: ['kubeletEndpoint'],
  NodeStatus: ['daemonEndpoints', 'nodeInfo'],
  PersistentVolumeClaimSpec: ['resources'],
  PodSpec: ['containers'],
  PodTemplate: ['template'],
  ReplicaSetSpec: ['template'],
  ServiceStatus: ['loadBalancer'],
  StatefulSetSpec: ['template', 'updateStrategy'],
  V2HorizontalPodAutoscalerSpec: ['scaleTargetRef'],
  VolumeAttachmentSpec: ['source'],
};

/** Every type that has a struct of one of these names holds it by value. */
const BY_VALUE_EVERYWHERE = new Set(['metadata', 'spec', 'status']);

/** Whether the field of a type is encoded in any case; `isStruct`: it is a structured object. */
export function isAlwaysPresent(type: string, field: string, isStruct: boolean): boolean {
  return (isStruct && BY_VALUE_EVERYWHERE.has(field)) || (ALWAYS_PRESENT[type]?.includes(field) ?? false);
}
