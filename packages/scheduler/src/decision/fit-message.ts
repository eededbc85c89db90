import type { Rejection } from '../framework.js';

/** `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.`: each reason with the nodes that gave it. */
export function fitMessage(nodeCount: number, counts: ReadonlyMap<Rejection, number>): string {
  const reasons = new Map<string, number>();
  for (const [rejection, count] of counts)
    for (const reason of rejection.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  const texts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return texts.length === 0
    ? `0/${nodeCount} nodes are available:`
    : `0/${nodeCount} nodes are available: ${texts.join(', ')}.`;
}

/** Where the pod itself was refused, before any node was asked about. */
export function preFilterMessage(nodeCount: number, reasons: readonly string[]): string {
  return `0/${nodeCount} nodes are available: ${reasons.join(', ')}.`;
}
