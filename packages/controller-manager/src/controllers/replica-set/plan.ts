import {
  type DeepReadonly,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodScheduled,
  type Pod,
  podCondition,
  type ReplicaSet,
  type ReplicaSetCondition,
  type ReplicaSetStatus,
  selectorFromLabels,
} from '@kubelab/api';
import type { Cached } from '@kubelab/client';

/** A controller never creates or deletes more than this at once. */
export const BURST_REPLICAS = 500;

export interface ReplicaPlan {
  readonly create: number;
  readonly delete: readonly Cached<Pod>[];
}

/** How many pods to create, or which to delete. `pods` are the claimed ones. */
export function planReplicas(
  replicaSet: DeepReadonly<ReplicaSet>,
  pods: readonly Cached<Pod>[],
  nowMs: number,
): ReplicaPlan {
  const active = pods.filter(isPodActive);
  const difference = active.length - (replicaSet.spec?.replicas ?? 1);
  if (difference < 0) return { create: Math.min(-difference, BURST_REPLICAS), delete: [] };
  const count = Math.min(difference, BURST_REPLICAS);
  return { create: 0, delete: count === 0 ? [] : sortForDeletion(active, nowMs).slice(0, count) };
}

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** The first are those whose loss costs least (ReplicaSet documentation, "Scaling a ReplicaSet"; KEP-2255). */
export function sortForDeletion(pods: readonly Cached<Pod>[], nowMs: number): Cached<Pod>[] {
  const perNode = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec?.nodeName ?? '';
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const readySinceMs = (pod: Cached<Pod>) => Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0;
  /** Ages count by their order of magnitude, so that all ages take part in the choice. */
  const magnitude = (sinceMs: number) => Math.floor(Math.log2(Math.max(1, nowMs - sinceMs)));
  const restarts = (pod: Cached<Pod>) =>
    Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
  const criteria: ((pod: Cached<Pod>) => number)[] = [
    (pod) => (isPodScheduled(pod) ? 1 : 0),
    (pod) => PHASE_ORDER[pod.status?.phase ?? 'Pending'] ?? 1,
    (pod) => (isPodReady(pod) ? 1 : 0),
    (pod) => Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0,
    (pod) => -(perNode.get(pod.spec?.nodeName ?? '') ?? 0),
    (pod) => (isPodReady(pod) ? magnitude(readySinceMs(pod)) : 0),
    (pod) => -restarts(pod),
    (pod) => magnitude(Date.parse(pod.metadata.creationTimestamp)),
  ];
  return [...pods].sort((a, b) => {
    for (const criterion of criteria) {
      const difference = criterion(a) - criterion(b);
      if (difference !== 0) return difference;
    }
    return a.metadata.name < b.metadata.name ? -1 : 1;
  });
}

export interface ManageFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

/** The status that the pods give. Conditions keep their times while nothing changes. */
export function planStatus(
  replicaSet: Cached<ReplicaSet>,
  pods: readonly Cached<Pod>[],
  failure: ManageFailure | undefined,
  nowMs: number,
): ReplicaSetStatus {
  const template = selectorFromLabels(replicaSet.spec?.template?.metadata?.labels as Record<string, string>);
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  const active = pods.filter(isPodActive);
  const others = (replicaSet.status?.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure');
  const present = replicaSet.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  const conditions = [
    ...others,
    ...(failure ? [failureCondition(failure, present, nowMs)] : []),
  ] as ReplicaSetCondition[];
  const terminating = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isTerminal(pod)).length;
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => template.matches(pod.metadata.labels)).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length,
    terminatingReplicas: terminating,
    observedGeneration: replicaSet.metadata.generation ?? 0,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

const isTerminal = (pod: Cached<Pod>) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

function failureCondition(
  failure: ManageFailure,
  present: DeepReadonly<ReplicaSetCondition> | undefined,
  nowMs: number,
): ReplicaSetCondition {
  const same = present?.reason === failure.reason && present.message === failure.message;
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    type: 'ReplicaFailure',
    status: 'True',
    reason: failure.reason,
    message: failure.message,
    lastTransitionTime: same ? (present.lastTransitionTime ?? now) : now,
  };
}

/** When the next ready pod becomes available, if one is only waiting for that. */
export function nextAvailableInMs(
  minReadySeconds: number,
  pods: readonly Cached<Pod>[],
  nowMs: number,
): number | undefined {
  if (minReadySeconds === 0) return undefined;
  const waits = pods
    .filter((pod) => isPodActive(pod) && isPodReady(pod) && !isPodAvailable(pod, minReadySeconds, nowMs))
    .map((pod) => Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') + minReadySeconds * 1_000 - nowMs)
    .filter(Number.isFinite);
  return waits.length === 0 ? undefined : Math.max(0, Math.min(...waits));
}
