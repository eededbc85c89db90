import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';

/** A node on which the pod would fit without these pods. */
export interface Candidate {
  readonly node: NodeInfo;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  /** How many of them a disruption budget wants to keep. */
  readonly budgetViolations: number;
}

/** Higher priority, else longer running. */
export function moreImportant(a: PodInfo, b: PodInfo): number {
  return a.priority === b.priority ? startMs(a) - startMs(b) : b.priority - a.priority;
}

/** When it began to run; one that has not is the youngest. */
export function startMs({ pod }: PodInfo): number {
  const text = pod.status?.startTime;
  return text === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(text);
}

/** Each the smaller the better; a later one only counts where all before are equal. */
const COSTS: readonly ((candidate: Candidate) => number)[] = [
  ({ budgetViolations }) => budgetViolations,
  ({ victims }) => victims[0]?.priority ?? Number.NEGATIVE_INFINITY,
  // Shifted, so that more victims of a negative priority do not cost less than few.
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
  ({ victims }) => victims.length,
  // Rather a victim that has only just begun.
  ({ victims }) => -earliestStartOfHighest(victims),
];

function earliestStartOfHighest(victims: readonly PodInfo[]): number {
  const highest = victims[0]?.priority;
  let earliest = Number.POSITIVE_INFINITY;
  for (const victim of victims) if (victim.priority === highest) earliest = Math.min(earliest, startMs(victim));
  return earliest;
}

/** The candidate that costs least (Kubernetes' order of criteria); the first of equals. */
export function cheapestCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let remaining = candidates;
  for (const cost of COSTS) {
    if (remaining.length < 2) break;
    const costs = remaining.map(cost);
    const least = costs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    remaining = remaining.filter((_, index) => costs[index] === least);
  }
  return remaining[0];
}
