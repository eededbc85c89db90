import { deepEqual } from '@kubelab/api';
import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { nodeAmounts } from '../cluster/pod-requests.js';
import { type ClusterEvent, nodeOf, type QueueingHint } from '../cluster-event.js';
import type { FilterResult, Plugin, Rejection } from '../framework.js';
import { resourceScorer, type ScoringStrategy } from './scoring-strategy.js';

export interface NodeResourcesFitArgs {
  /** Extended resources that are not filtered by. */
  readonly ignoredResources: ReadonlySet<string>;
  /** Prefixes, `example.com`, of those that are not. */
  readonly ignoredResourceGroups: ReadonlySet<string>;
  readonly scoringStrategy: ScoringStrategy;
}

export const DEFAULT_SCORING_STRATEGY: ScoringStrategy = {
  type: 'LeastAllocated',
  resources: [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ],
};

const TOO_MANY_PODS = 'Too many pods';

/**
 * The node must have left what the pod asks for; of those that have, the one
 * that the scoring strategy names is preferred.
 */
export function nodeResourcesFit({
  ignoredResources,
  ignoredResourceGroups,
  scoringStrategy,
}: NodeResourcesFitArgs): Plugin {
  const scoreOf = resourceScorer(scoringStrategy);
  const isIgnored = (resource: string): boolean =>
    ignoredResources.has(resource) || ignoredResourceGroups.has(resource.slice(0, resource.indexOf('/')));
  const ignoresAny = ignoredResources.size + ignoredResourceGroups.size > 0;

  const insufficientScalars = ({ requests }: PodInfo, node: NodeInfo, rejection: Collected): void => {
    for (const [name, amount] of requests.scalars) {
      if (amount === 0 || (ignoresAny && isIgnored(name))) continue;
      rejection.check(name, amount, node.allocatable(name), node.requested(name, false));
    }
  };

  return {
    name: 'NodeResourcesFit',
    events: [
      { resource: 'Node', actions: ['Add', 'UpdateNodeAllocatable'], hint: nodeMayFit },
      { resource: 'AssignedPod', actions: ['Delete', 'UpdatePodScaleDown'] },
      { resource: 'UnscheduledPod', actions: ['UpdatePodScaleDown'] },
    ],
    filter(_, pod, node) {
      const { requests } = pod;
      if (
        node.pods.size < node.allocatablePods &&
        (requests.milliCpu === 0 || requests.milliCpu <= node.allocatableMilliCpu - node.requestedMilliCpu) &&
        (requests.memoryBytes === 0 ||
          requests.memoryBytes <= node.allocatableMemoryBytes - node.requestedMemoryBytes) &&
        (requests.ephemeralStorageBytes === 0 ||
          requests.ephemeralStorageBytes <=
            node.allocatableEphemeralStorageBytes - node.requestedEphemeralStorageBytes) &&
        requests.scalars.length === 0
      )
        return undefined;
      const collected = new Collected();
      if (node.pods.size >= node.allocatablePods) collected.add(TOO_MANY_PODS, false);
      collected.check('cpu', requests.milliCpu, node.allocatableMilliCpu, node.requestedMilliCpu);
      collected.check('memory', requests.memoryBytes, node.allocatableMemoryBytes, node.requestedMemoryBytes);
      collected.check(
        'ephemeral-storage',
        requests.ephemeralStorageBytes,
        node.allocatableEphemeralStorageBytes,
        node.requestedEphemeralStorageBytes,
      );
      insufficientScalars(pod, node, collected);
      return collected.rejection();
    },
    score: (_, pod, node) => scoreOf(pod, node),
  };
}

/** Rejections that were given before, by what they say: nodes that are full are many, and their reasons few. */
const rejections = new Map<string, Rejection>();

class Collected {
  #reasons = '';
  #unresolvable = false;

  check(resource: string, amount: number, total: number, used: number): void {
    if (amount === 0 || amount <= total - used) return;
    // More than the node ever has: no pod that leaves can help.
    this.add(`Insufficient ${resource}`, amount > total);
  }

  add(reason: string, unresolvable: boolean): void {
    this.#reasons = this.#reasons === '' ? reason : `${this.#reasons}\n${reason}`;
    if (unresolvable) this.#unresolvable = true;
  }

  rejection(): FilterResult {
    if (this.#reasons === '') return undefined;
    const key = this.#unresolvable ? `!${this.#reasons}` : this.#reasons;
    const known = rejections.get(key);
    if (known) return known;
    const rejection = { reasons: this.#reasons.split('\n'), unresolvable: this.#unresolvable };
    if (rejections.size < 1_024) rejections.set(key, rejection);
    return rejection;
  }
}

/** A node that came or grew helps only a pod that it could ever hold, and that asks for what grew. */
function nodeMayFit({ requests }: PodInfo, event: ClusterEvent): QueueingHint {
  const has = nodeAmounts(nodeOf(event).status?.allocatable);
  const scalars = new Map(has.scalars);
  const couldFit =
    has.pods > 0 &&
    requests.milliCpu <= has.milliCpu &&
    requests.memoryBytes <= has.memoryBytes &&
    requests.ephemeralStorageBytes <= has.ephemeralStorageBytes &&
    requests.scalars.every(([name, amount]) => amount <= (scalars.get(name) ?? 0));
  if (!couldFit) return 'skip';
  if (event.action === 'Add' || event.old === undefined) return 'queue';
  const had = nodeAmounts((event.old as ReturnType<typeof nodeOf>).status?.allocatable);
  const hadScalars = new Map(had.scalars);
  const grew =
    has.pods > had.pods ||
    (requests.milliCpu > 0 && has.milliCpu > had.milliCpu) ||
    (requests.memoryBytes > 0 && has.memoryBytes > had.memoryBytes) ||
    (requests.ephemeralStorageBytes > 0 && has.ephemeralStorageBytes > had.ephemeralStorageBytes) ||
    requests.scalars.some(([name]) => (scalars.get(name) ?? 0) > (hadScalars.get(name) ?? 0));
  return grew && !deepEqual(has, had) ? 'queue' : 'skip';
}
