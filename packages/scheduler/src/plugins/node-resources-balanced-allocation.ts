import { MAX_NODE_SCORE, type Plugin } from '../framework.js';

/** Prefers nodes whose cpu and memory would be used in like shares. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  // A pod that asks for nothing changes no balance.
  preScore: (_, pod) => (!pod.requests.cpu && !pod.requests.memory ? 'skip' : undefined),
  score(_, pod, node) {
    const shares: number[] = [];
    for (const resource of ['cpu', 'memory'] as const) {
      const total = node.allocatable[resource] ?? 0;
      if (total === 0) continue;
      shares.push(Math.min(1, ((node.requested[resource] ?? 0) + (pod.requests[resource] ?? 0)) / total));
    }
    const [first = 0, second = first] = shares;
    // The standard deviation of two values is half their distance.
    return Math.floor((1 - Math.abs(first - second) / 2) * MAX_NODE_SCORE);
  },
};
