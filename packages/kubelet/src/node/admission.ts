import { podRequestAmounts, resourceAmounts } from '@kubelab/api';
import type { ReadonlyPod } from '../pod.js';
import type { PodFailure } from '../pod-worker/pod-task.js';

export interface NodeRoom {
  readonly allocatable: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Whether the node takes the pod beside those that it has. The scheduler has
 * asked the same, but from a copy that may have been old. Pure.
 */
export function admitPod(pod: ReadonlyPod, others: Iterable<ReadonlyPod>, node: NodeRoom): PodFailure | undefined {
  const mismatch = Object.entries(pod.spec?.nodeSelector ?? {}).some(([key, value]) => node.labels[key] !== value);
  if (mismatch) {
    const predicate = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
    return { reason: 'NodeAffinity', message: `Pod was rejected: ${predicate}` };
  }
  return lacking(pod, [...others], resourceAmounts(node.allocatable));
}

function lacking(
  pod: ReadonlyPod,
  others: readonly ReadonlyPod[],
  capacity: Readonly<Record<string, number>>,
): PodFailure | undefined {
  const wanted: Record<string, number> = { pods: 1, ...podRequestAmounts(pod) };
  const used: Record<string, number> = { pods: others.length };
  for (const other of others) {
    for (const [name, amount] of Object.entries(podRequestAmounts(other))) used[name] = (used[name] ?? 0) + amount;
  }
  for (const [name, amount] of Object.entries(wanted)) {
    const [has, taken] = [capacity[name] ?? 0, used[name] ?? 0];
    if (amount === 0 || amount + taken <= has) continue;
    const detail = `${name}, requested: ${amount}, used: ${taken}, capacity: ${has}`;
    return { reason: `OutOf${name}`, message: `Pod was rejected: Node didn't have enough resource: ${detail}` };
  }
  return undefined;
}
