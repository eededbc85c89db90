import { podRequestAmounts, resourceAmounts } from '@kubelab/api';
import type { ReadonlyPod } from '../pod.js';
import type { PodFailure } from '../pod-worker/pod-failure.js';

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
  return lacking(pod, [...others], node);
}

function lacking(pod: ReadonlyPod, others: readonly ReadonlyPod[], node: NodeRoom): PodFailure | undefined {
  const used: Record<string, number> = { pods: others.length };
  for (const other of others) {
    for (const [name, amount] of Object.entries(podRequestAmounts(other))) used[name] = (used[name] ?? 0) + amount;
  }
  const missing = missingRoom({ pods: 1, ...podRequestAmounts(pod) }, used, node);
  if (!missing) return undefined;
  const { name, requested, taken, capacity } = missing;
  const detail = `${name}, requested: ${requested}, used: ${taken}, capacity: ${capacity}`;
  return { reason: `OutOf${name}`, message: `Pod was rejected: Node didn't have enough resource: ${detail}` };
}

interface MissingRoom {
  readonly name: string;
  readonly requested: number;
  readonly taken: number;
  readonly capacity: number;
}

/** The first resource of which the node has too little for `wanted` beside `used`. Cpu in thousandths, all else in whole units. */
export function missingRoom(
  wanted: Readonly<Record<string, number>>,
  used: Readonly<Record<string, number>>,
  node: NodeRoom,
): MissingRoom | undefined {
  const capacities = resourceAmounts(node.allocatable);
  for (const [name, requested] of Object.entries(wanted)) {
    const [capacity, taken] = [capacities[name] ?? 0, used[name] ?? 0];
    if (requested > 0 && requested + taken > capacity) return { name, requested, taken, capacity };
  }
  return undefined;
}
