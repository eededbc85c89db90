import { deepEqual } from '@kubelab/api';
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

  return {
    name: 'NodeResourcesFit',
    filtersByNodeAlone: true,
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
      let lacks = node.pods.size >= node.allocatablePods ? LACKS_PODS : 0;
      lacks |= lacking(LACKS_CPU, requests.milliCpu, node.allocatableMilliCpu, node.requestedMilliCpu);
      lacks |= lacking(LACKS_MEMORY, requests.memoryBytes, node.allocatableMemoryBytes, node.requestedMemoryBytes);
      lacks |= lacking(
        LACKS_STORAGE,
        requests.ephemeralStorageBytes,
        node.allocatableEphemeralStorageBytes,
        node.requestedEphemeralStorageBytes,
      );
      if (requests.scalars.length === 0) return rejectionOf(lacks, '');
      let scalars = '';
      for (const [name, amount] of requests.scalars) {
        if (ignoresAny && isIgnored(name)) continue;
        const lacksIt = lacking(LACKS_SCALAR, amount, node.allocatable(name), node.requested(name, false));
        if (lacksIt !== 0) scalars += `\nInsufficient ${name}`;
        lacks |= lacksIt;
      }
      return rejectionOf(lacks, scalars);
    },
    score: (_, pod, node) => scoreOf(pod, node),
  };
}

const LACKS_PODS = 1;
const LACKS_CPU = 2;
const LACKS_MEMORY = 4;
const LACKS_STORAGE = 8;
const LACKS_SCALAR = 16;
/** More than the node ever has: no pod that leaves can help. */
const FOR_GOOD = 32;

/** 0 where there is enough. */
function lacking(bit: number, amount: number, total: number, used: number): number {
  if (amount === 0 || amount <= total - used) return 0;
  return amount > total ? bit | FOR_GOOD : bit;
}

/** Rejections that were given before, by what is lacking: nodes that are full are many, and their reasons few. */
const byLack: (Rejection | undefined)[] = [];
const byScalars = new Map<string, Rejection>();

/** `scalars`: the reasons of all else, each after a line break. */
function rejectionOf(lacks: number, scalars: string): FilterResult {
  if (lacks === 0) return undefined;
  if (scalars === '') {
    byLack[lacks] ??= makeRejection(lacks, scalars);
    return byLack[lacks];
  }
  const key = lacks + scalars;
  const known = byScalars.get(key);
  if (known) return known;
  const rejection = makeRejection(lacks, scalars);
  if (byScalars.size < 1_024) byScalars.set(key, rejection);
  return rejection;
}

function makeRejection(lacks: number, scalars: string): Rejection {
  const reasons = [
    ...(lacks & LACKS_PODS ? ['Too many pods'] : []),
    ...(lacks & LACKS_CPU ? ['Insufficient cpu'] : []),
    ...(lacks & LACKS_MEMORY ? ['Insufficient memory'] : []),
    ...(lacks & LACKS_STORAGE ? ['Insufficient ephemeral-storage'] : []),
    ...scalars.split('\n').slice(1),
  ];
  return { reasons, unresolvable: (lacks & FOR_GOOD) !== 0 };
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
