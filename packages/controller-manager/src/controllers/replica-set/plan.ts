import {
  type DeepReadonly,
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminal,
  type Pod,
  podCondition,
  type ReplicaSetCondition,
  type ReplicaSetStatus,
  selectorFromLabels,
} from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { timestamp } from '../../timestamp.js';
import { sortForDeletion } from './deletion-order.js';
import type { PodReplicator } from './pod-replicator.js';

/** A controller never creates or deletes more than this at once. */
const BURST_REPLICAS = 500;

export interface ReplicaPlan {
  readonly create: number;
  readonly delete: readonly Cached<Pod>[];
}

/** How many pods to create, or which to delete. `pods` are the claimed ones; `related` is asked for where pods are to go. */
export function planReplicas(
  owner: Cached<PodReplicator>,
  pods: readonly Cached<Pod>[],
  related: () => readonly Cached<Pod>[],
  nowMs: number,
): ReplicaPlan {
  const active = pods.filter(isPodActive);
  const difference = active.length - (owner.spec?.replicas ?? 1);
  if (difference < 0) return { create: Math.min(-difference, BURST_REPLICAS), delete: [] };
  const count = Math.min(difference, BURST_REPLICAS);
  if (count === 0) return { create: 0, delete: [] };
  // Where all go, none has to be chosen.
  const doomed = count === active.length ? active : sortForDeletion(active, related().filter(isPodActive), nowMs);
  return { create: 0, delete: doomed.slice(0, count) };
}

export interface ManageFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

/** How the attempt to bring the pods to the number wanted ended; `none`: it waits for the cache. */
export type Outcome = 'none' | 'done' | ManageFailure;

/** The status that the pods give. */
export function planStatus(
  owner: Cached<PodReplicator>,
  pods: readonly Cached<Pod>[],
  outcome: Outcome,
  nowMs: number,
): ReplicaSetStatus {
  const template = selectorFromLabels(owner.spec?.template?.metadata?.labels as Record<string, string>);
  const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
  const active = pods.filter(isPodActive);
  const conditions = planConditions(owner.status?.conditions ?? [], outcome, nowMs);
  const terminating = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod)).length;
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => template.matches(pod.metadata.labels)).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length,
    terminatingReplicas: terminating,
    observedGeneration: owner.metadata.generation ?? 0,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

/** The first failure stays until an attempt succeeds: each names another pod, and telling them all would be a write an attempt. */
function planConditions(
  present: readonly DeepReadonly<ReplicaSetCondition>[],
  outcome: Outcome,
  nowMs: number,
): ReplicaSetCondition[] {
  const others = present.filter(({ type }) => type !== 'ReplicaFailure') as ReplicaSetCondition[];
  const before = present.find(({ type }) => type === 'ReplicaFailure');
  if (outcome === 'done' || (outcome === 'none' && before === undefined)) return others;
  if (outcome === 'none' || before?.reason === outcome.reason) return [...others, { ...before } as ReplicaSetCondition];
  const lastTransitionTime = timestamp(nowMs);
  return [...others, { type: 'ReplicaFailure', status: 'True', ...outcome, lastTransitionTime }];
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
