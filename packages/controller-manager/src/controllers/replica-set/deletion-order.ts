import { isPodReady, isPodScheduled, type Pod, podCondition } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * The pods with those first whose loss costs least (ReplicaSet documentation,
 * "Scaling down"; KEP-2255). `related` are the pods among which nodes are to
 * stay evenly used: those of all ReplicaSets of the same Deployment.
 */
export function sortForDeletion(
  pods: readonly Cached<Pod>[],
  related: readonly Cached<Pod>[],
  nowMs: number,
): Cached<Pod>[] {
  const perNode = new Map<string, number>();
  for (const { spec } of related) perNode.set(spec?.nodeName ?? '', (perNode.get(spec?.nodeName ?? '') ?? 0) + 1);
  const criteria: ((pod: Cached<Pod>) => number)[] = [
    (pod) => (isPodScheduled(pod) ? 1 : 0),
    (pod) => PHASE_ORDER[pod.status?.phase || 'Pending'] ?? 0,
    (pod) => (isPodReady(pod) ? 1 : 0),
    deletionCost,
    (pod) => -(perNode.get(pod.spec?.nodeName ?? '') ?? 0),
    (pod) => (isPodReady(pod) ? ageMagnitude(podCondition(pod, 'Ready')?.lastTransitionTime, nowMs) : 0),
    (pod) => -restarts(pod),
    (pod) => ageMagnitude(pod.metadata.creationTimestamp, nowMs),
  ];
  const ranked = pods.map((pod) => ({ pod, ranks: criteria.map((criterion) => criterion(pod)) }));
  ranked.sort((a, b) => {
    const decisive = a.ranks.findIndex((rank, index) => rank !== b.ranks[index]);
    if (decisive < 0) return a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1;
    return (a.ranks[decisive] ?? 0) - (b.ranks[decisive] ?? 0);
  });
  return ranked.map(({ pod }) => pod);
}

/** 0 where there is none, or one that is no 32-bit integer. */
function deletionCost(pod: Cached<Pod>): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? '';
  const cost = /^(0|-?[1-9]\d{0,9})$/.test(text) ? Number(text) : 0;
  return cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0;
}

/** Ages count by the logarithm of their nanoseconds, so that all ages take part in the choice. */
function ageMagnitude(since: string | undefined, nowMs: number): number {
  const sinceMs = Date.parse(since ?? '');
  if (Number.isNaN(sinceMs)) return Number.NEGATIVE_INFINITY;
  const ageMs = nowMs - sinceMs;
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1;
}

function restarts(pod: Cached<Pod>): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}
