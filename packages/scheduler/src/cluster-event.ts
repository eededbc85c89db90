import { deepEqual, type KubernetesObject, type Node, type Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import type { PodInfo } from './cluster/pod-info.js';

/** `AssignedPod` has a node; `UnscheduledPod` waits for one. Other kinds by their names. */
export type EventResource =
  | 'Node'
  | 'AssignedPod'
  | 'UnscheduledPod'
  | 'Namespace'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'VolumeAttachment'
  | 'Service';

export type EventAction =
  | 'Add'
  | 'Update'
  | 'Delete'
  | 'UpdateNodeAllocatable'
  | 'UpdateNodeLabel'
  | 'UpdateNodeTaint'
  | 'UpdateNodeCondition'
  | 'UpdateNodeAnnotation'
  | 'UpdatePodLabel'
  | 'UpdatePodScaleDown'
  | 'UpdatePodToleration'
  | 'UpdatePodSchedulingGatesEliminated';

/** Something that happened which may help a pod that could not be scheduled. */
export interface ClusterEvent {
  readonly resource: EventResource;
  readonly action: EventAction;
  /** What it happened to: its last state where it is gone. */
  readonly object: Cached<KubernetesObject>;
  readonly old?: Cached<KubernetesObject> | undefined;
}

/** As the metric `scheduler_queue_incoming_pods_total` names it. */
export function eventLabel({ resource, action }: ClusterEvent): string {
  return resource + action;
}

export type QueueingHint = 'queue' | 'skip';

/** That a plugin may change its mind after these events. */
export interface EventRegistration {
  readonly resource: EventResource;
  readonly actions: readonly EventAction[];
  /** Absent: any such event may help. */
  readonly hint?: (pod: PodInfo, event: ClusterEvent) => QueueingHint;
}

/** Which events a change of a node is; none where only its heartbeat changed. */
export function nodeEvents(node: Cached<Node>, old: Cached<Node> | undefined): ClusterEvent[] {
  if (old === undefined) return [{ resource: 'Node', action: 'Add', object: node }];
  const events: ClusterEvent[] = [];
  const add = (action: EventAction) => events.push({ resource: 'Node', action, object: node, old });
  if (!deepEqual(node.status?.allocatable, old.status?.allocatable)) add('UpdateNodeAllocatable');
  if (!deepEqual(node.metadata.labels, old.metadata.labels)) add('UpdateNodeLabel');
  if (
    !deepEqual(node.spec?.taints, old.spec?.taints) ||
    Boolean(node.spec?.unschedulable) !== Boolean(old.spec?.unschedulable)
  )
    add('UpdateNodeTaint');
  if (!deepEqual(conditionStates(node), conditionStates(old))) add('UpdateNodeCondition');
  if (!deepEqual(node.metadata.annotations, old.metadata.annotations)) add('UpdateNodeAnnotation');
  return events;
}

const conditionStates = (node: Cached<Node>): Record<string, string> =>
  Object.fromEntries((node.status?.conditions ?? []).map(({ type, status }) => [type, status]));

/** Which events a change of a pod is that may help itself, or others. */
export function podEvents(pod: PodInfo, old: PodInfo, resource: 'AssignedPod' | 'UnscheduledPod'): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  const add = (action: EventAction) => events.push({ resource, action, object: pod.pod, old: old.pod });
  if (!deepEqual(pod.labels, old.labels)) add('UpdatePodLabel');
  if (asksForLess(pod, old)) add('UpdatePodScaleDown');
  if (!deepEqual(pod.pod.spec?.tolerations, old.pod.spec?.tolerations)) add('UpdatePodToleration');
  const gates = (each: PodInfo) => each.pod.spec?.schedulingGates?.length ?? 0;
  if (gates(old) > 0 && gates(pod) === 0) add('UpdatePodSchedulingGatesEliminated');
  return events;
}

function asksForLess(pod: PodInfo, old: PodInfo): boolean {
  if (pod.requests.milliCpu < old.requests.milliCpu || pod.requests.memoryBytes < old.requests.memoryBytes) return true;
  if (pod.requests.ephemeralStorageBytes < old.requests.ephemeralStorageBytes) return true;
  const now = new Map(pod.requests.scalars);
  return old.requests.scalars.some(([name, amount]) => (now.get(name) ?? 0) < amount);
}

export const podOf = (event: ClusterEvent): Cached<Pod> => event.object as Cached<Pod>;
export const nodeOf = (event: ClusterEvent): Cached<Node> => event.object as Cached<Node>;
