import { podRequested } from '../cluster/node-info.js';
import { MAX_NODE_SCORE, type Plugin } from '../framework.js';
import { type ResourceWeight, relevantAllocatable } from './scoring-strategy.js';

/** Prefers nodes whose resources, cpu and memory by default, would be used in like shares. */
export function nodeResourcesBalancedAllocation(resources: readonly ResourceWeight[]): Plugin {
  const names = resources.map(({ name }) => name);
  const isDefault = names.length === 2 && names[0] === 'cpu' && names[1] === 'memory';
  return {
    name: 'NodeResourcesBalancedAllocation',
    events: [],
    // A pod that asks for nothing changes no balance.
    preScore: (_, pod) => (names.every((name) => podRequested(pod, name, false) === 0) ? 'skip' : undefined),
    score(_, pod, node) {
      if (isDefault && node.allocatableMilliCpu > 0 && node.allocatableMemoryBytes > 0) {
        const cpu = Math.min(1, (node.requestedMilliCpu + pod.requests.milliCpu) / node.allocatableMilliCpu);
        const memory = Math.min(
          1,
          (node.requestedMemoryBytes + pod.requests.memoryBytes) / node.allocatableMemoryBytes,
        );
        // The standard deviation of two values is half their distance.
        return Math.floor((1 - Math.abs(cpu - memory) / 2) * MAX_NODE_SCORE);
      }
      const shares: number[] = [];
      for (const name of names) {
        const total = relevantAllocatable(pod, node, name);
        if (total === 0) continue;
        shares.push(Math.min(1, (node.requested(name, false) + podRequested(pod, name, false)) / total));
      }
      return Math.floor((1 - standardDeviation(shares)) * MAX_NODE_SCORE);
    },
  };
}

function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
