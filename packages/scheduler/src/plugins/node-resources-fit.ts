import { resourceAmounts } from '@kubelab/api';
import { MAX_NODE_SCORE, type Plugin } from '../framework.js';
import type { PodInfo } from '../pod-info.js';

/**
 * The node must have left what the pod asks for; of those that have, the one
 * with the largest free share of cpu and memory is preferred (LeastAllocated).
 */
export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  events: [
    {
      event: 'NodeAdded',
      hint: (pod, event) => (event.kind === 'NodeAdded' && couldFit(pod, event.node) ? 'queue' : 'skip'),
    },
    {
      event: 'NodeAllocatableChanged',
      hint: (pod, event) => (event.kind === 'NodeAllocatableChanged' && couldFit(pod, event.node) ? 'queue' : 'skip'),
    },
    { event: 'AssignedPodDeleted' },
  ],
  filter(_, pod, node) {
    const { allocatable, requested } = node;
    const reasons: string[] = [];
    let unresolvable = false;
    if (node.pods.size + 1 > (allocatable.pods ?? 0)) reasons.push('Too many pods');
    for (const [resource, amount] of Object.entries(pod.requests)) {
      if (amount === 0 || resource === 'pods') continue;
      const total = allocatable[resource] ?? 0;
      if (amount <= total - (requested[resource] ?? 0)) continue;
      reasons.push(`Insufficient ${resource}`);
      // More than the node ever has: no pod that leaves can help.
      if (amount > total) unresolvable = true;
    }
    return reasons.length === 0 ? undefined : { reasons, unresolvable };
  },
  score(_, pod, node) {
    const { allocatable, nonZeroRequested } = node;
    let score = 0;
    let resources = 0;
    for (const resource of ['cpu', 'memory'] as const) {
      const total = allocatable[resource] ?? 0;
      if (total === 0) continue;
      resources++;
      const used = nonZeroRequested[resource] + pod.nonZeroRequests[resource];
      if (used <= total) score += Math.floor(((total - used) * MAX_NODE_SCORE) / total);
    }
    return resources === 0 ? 0 : Math.floor(score / resources);
  },
};

function couldFit(
  pod: PodInfo,
  node: { readonly status?: { readonly allocatable?: Readonly<Record<string, string>> } },
): boolean {
  const allocatable = resourceAmounts(node.status?.allocatable);
  return Object.entries(pod.requests).every(([resource, amount]) => amount <= (allocatable[resource] ?? 0));
}
