import { selectorFromLabels } from '@kubelab/api';
import { type AffinityTerm, termMatches } from '../cluster/affinity-terms.js';
import type { SchedulerCache } from '../cluster/cache.js';
import type { NodeInfo } from '../cluster/node-info.js';
import { createPodInfo, type PodInfo } from '../cluster/pod-info.js';
import { type ClusterEvent, nodeOf, podOf, type QueueingHint } from '../cluster-event.js';
import type { CycleState } from '../framework/cycle-state.js';
import { StateSlot } from '../framework/state-slot.js';
import { MAX_NODE_SCORE, type Plugin, type Rejection } from '../framework.js';
import { CountsView, DomainCounts } from '../topology/domain-counts.js';

export interface InterPodAffinityArgs {
  /** What the required affinity of running pods counts in the score of a pod that they want near. 0 to 100. */
  readonly hardPodAffinityWeight: number;
  /** Running pods that have none of their own are not asked what they prefer. */
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

const NAME = 'InterPodAffinity';
const SCORE = `${NAME}/score`;
const AFFINITY: Rejection = { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true };
const ANTI_AFFINITY: Rejection = { reasons: ["node(s) didn't match pod anti-affinity rules"], unresolvable: false };
const EXISTING: Rejection = {
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  unresolvable: false,
};
const EVERYTHING = selectorFromLabels(undefined);

/** A term of a running pod that keeps the pod in question away. */
interface ExistingTerm {
  readonly signature: string;
  readonly term: AffinityTerm;
  readonly view: CountsView;
}

class FilterState {
  /** Pods that match all of the affinity terms, by the topology of each term. */
  readonly affinity: readonly CountsView[];
  /** Pods that match the anti-affinity term of the same place. */
  readonly antiAffinity: readonly CountsView[];
  readonly existing: ExistingTerm[];
  /** The pod matches its own affinity terms: the first of a group may go anywhere. */
  readonly matchesItself: boolean;

  constructor(
    affinity: readonly CountsView[],
    antiAffinity: readonly CountsView[],
    existing: ExistingTerm[],
    matchesItself: boolean,
  ) {
    this.affinity = affinity;
    this.antiAffinity = antiAffinity;
    this.existing = existing;
    this.matchesItself = matchesItself;
  }

  clone(): FilterState {
    const copy = (view: CountsView) => view.clone();
    const existing = this.existing.map((each) => ({ ...each, view: each.view.clone() }));
    return new FilterState(this.affinity.map(copy), this.antiAffinity.map(copy), existing, this.matchesItself);
  }
}

interface ScoreState {
  readonly parts: readonly { readonly counts: DomainCounts; readonly weight: number }[];
}

/** Pods near other pods, or far from them: as a must, as a wish, and as those others see it. */
export function interPodAffinity(cache: SchedulerCache, args: InterPodAffinityArgs): Plugin {
  const { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods } = args;
  const filterSlot = new StateSlot<FilterState>(NAME);
  const scoreSlot = new StateSlot<ScoreState>(SCORE);
  const namespaceLabels = (namespace: string) => cache.namespaceLabels(namespace);
  const speaksOf = (term: AffinityTerm, pod: PodInfo): boolean =>
    termMatches(term, pod.namespace, pod.labels, namespaceLabels);
  const matchesAll = (terms: readonly AffinityTerm[], pod: PodInfo): boolean => {
    for (const term of terms) if (!speaksOf(term, pod)) return false;
    return true;
  };

  /** Running pods that match every one of the terms, by one topology. */
  const countsOf = (terms: readonly AffinityTerm[], topologyKey: string): DomainCounts => {
    const signature = `affinity${topologyKey}${terms.map((term) => term.signature).join('')}`;
    return cache.counts.counts(
      {
        signature,
        topologyKey,
        selector: terms[0]?.selector ?? EVERYTHING,
        countsPod: (pod) => matchesAll(terms, pod),
        readsNamespaces: terms.some(({ namespaceSelector }) => namespaceSelector !== undefined),
      },
      cache.nodes.length,
    );
  };

  const changeCounts = (state: CycleState, pod: PodInfo, other: PodInfo, node: NodeInfo, amount: 1 | -1): void => {
    const own = filterSlot.read(state);
    if (own === undefined) return;
    const change = (view: CountsView | undefined): void => {
      const value = view && node.labels[view.counts.topologyKey];
      if (value !== undefined) view?.change(value, amount);
    };
    const { requiredAffinity, requiredAntiAffinity } = pod.affinity;
    if (requiredAffinity.length > 0 && matchesAll(requiredAffinity, other)) own.affinity.forEach(change);
    requiredAntiAffinity.forEach((term, index) => {
      if (speaksOf(term, other)) change(own.antiAffinity[index]);
    });
    for (const term of other.affinity.requiredAntiAffinity) {
      if (!speaksOf(term, pod)) continue;
      let existing = own.existing.find(({ signature }) => signature === term.signature);
      if (existing === undefined) {
        const counts = new DomainCounts(term.topologyKey, { keepsMinimum: false });
        existing = { signature: term.signature, term, view: new CountsView(counts) };
        own.existing.push(existing);
      }
      change(existing.view);
    }
  };

  return {
    name: NAME,
    events: [
      {
        resource: 'AssignedPod',
        actions: ['Add', 'Delete', 'UpdatePodLabel'],
        hint: (pod, event) => podHint(speaksOf, pod, event),
      },
      { resource: 'UnscheduledPod', actions: ['UpdatePodLabel'] },
      { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'], hint: nodeHint },
      { resource: 'Namespace', actions: ['Add', 'Update'], hint: namespaceHint },
    ],
    preFilter(state, pod) {
      const { requiredAffinity, requiredAntiAffinity } = pod.affinity;
      const existing = cache.terms
        .matching('requiredAnti', pod)
        .map(({ term, counts }) => ({ signature: term.signature, term, view: new CountsView(counts) }));
      if (existing.length + requiredAffinity.length + requiredAntiAffinity.length === 0) return 'skip';
      const affinity = requiredAffinity.map(
        ({ topologyKey }) => new CountsView(countsOf(requiredAffinity, topologyKey)),
      );
      const antiAffinity = requiredAntiAffinity.map((term) => new CountsView(countsOf([term], term.topologyKey)));
      const matchesItself = requiredAffinity.length > 0 && matchesAll(requiredAffinity, pod);
      filterSlot.write(state, new FilterState(affinity, antiAffinity, existing, matchesItself));
      return undefined;
    },
    addPod: (state, pod, added, node) => changeCounts(state, pod, added, node, 1),
    removePod: (state, pod, removed, node) => changeCounts(state, pod, removed, node, -1),
    filter(state, _, node) {
      const own = filterSlot.read(state);
      if (own === undefined) return undefined;
      if (own.affinity.length > 0 && !satisfiesAffinity(own, node)) return AFFINITY;
      for (const view of own.antiAffinity) if ((view.at(node) ?? 0) > 0) return ANTI_AFFINITY;
      for (const { view } of own.existing) if ((view.at(node) ?? 0) > 0) return EXISTING;
      return undefined;
    },
    preScore(state, pod) {
      const { preferredAffinity, preferredAntiAffinity } = pod.affinity;
      const hasOwn = preferredAffinity.length + preferredAntiAffinity.length > 0;
      const parts: { counts: DomainCounts; weight: number }[] = [];
      const add = (counts: DomainCounts, weight: number) => {
        if (weight !== 0 && counts.domains.size > 0) parts.push({ counts, weight });
      };
      for (const { term, weight } of preferredAffinity) add(countsOf([term], term.topologyKey), weight);
      for (const { term, weight } of preferredAntiAffinity) add(countsOf([term], term.topologyKey), -weight);
      if (hasOwn || !ignorePreferredTermsOfExistingPods) {
        for (const { counts } of cache.terms.matching('preferred', pod)) add(counts, 1);
        if (hardPodAffinityWeight > 0)
          for (const { counts } of cache.terms.matching('required', pod)) add(counts, hardPodAffinityWeight);
      }
      if (parts.length === 0) return 'skip';
      scoreSlot.write(state, { parts });
      return undefined;
    },
    score(state, _, node) {
      let score = 0;
      for (const { counts, weight } of scoreSlot.read(state)?.parts ?? [])
        score += (counts.bySlot[node.slot]?.count ?? 0) * weight;
      return score;
    },
    normalize(_, scores) {
      let min = Number.POSITIVE_INFINITY;
      let max = Number.NEGATIVE_INFINITY;
      for (const score of scores) {
        if (score < min) min = score;
        if (score > max) max = score;
      }
      const span = max - min;
      for (let index = 0; index < scores.length; index++)
        scores[index] = span > 0 ? Math.floor((MAX_NODE_SCORE * ((scores[index] ?? 0) - min)) / span) : 0;
    },
  };
}

function satisfiesAffinity(own: FilterState, node: NodeInfo): boolean {
  let allExist = true;
  for (const view of own.affinity) {
    const count = view.at(node);
    // Without the label the node is in no topology at all.
    if (count === undefined) return false;
    if (count <= 0) allExist = false;
  }
  if (allExist) return true;
  return own.matchesItself && own.affinity.every((view) => view.total === 0);
}

type SpeaksOf = (term: AffinityTerm, pod: PodInfo) => boolean;

/** A pod came that it wants near, or one went that it or that one wants far. */
function podHint(speaksOf: SpeaksOf, pod: PodInfo, event: ClusterEvent): QueueingHint {
  const { requiredAffinity, requiredAntiAffinity } = pod.affinity;
  const other = createPodInfo(podOf(event));
  const before = event.old && createPodInfo(event.old as ReturnType<typeof podOf>);
  const concerns = (each: PodInfo | undefined): boolean =>
    each !== undefined &&
    (requiredAffinity.some((term) => speaksOf(term, each)) ||
      requiredAntiAffinity.some((term) => speaksOf(term, each)) ||
      each.affinity.requiredAntiAffinity.some((term) => speaksOf(term, pod)));
  if (event.action === 'Add') return requiredAffinity.some((term) => speaksOf(term, other)) ? 'queue' : 'skip';
  return concerns(other) || concerns(before) ? 'queue' : 'skip';
}

function nodeHint(pod: PodInfo, event: ClusterEvent): QueueingHint {
  const { requiredAffinity, requiredAntiAffinity } = pod.affinity;
  const labels = nodeOf(event).metadata.labels ?? {};
  const before = event.old?.metadata.labels;
  const moved = (key: string) => before === undefined || labels[key] !== before[key];
  if (requiredAffinity.length > 0) {
    const isMember = requiredAffinity.every(({ topologyKey }) => labels[topologyKey] !== undefined);
    return isMember && requiredAffinity.some(({ topologyKey }) => moved(topologyKey)) ? 'queue' : 'skip';
  }
  // Running pods may keep it away by any topology.
  if (requiredAntiAffinity.length === 0) return 'queue';
  return requiredAntiAffinity.some(({ topologyKey }) => moved(topologyKey)) || before === undefined ? 'queue' : 'skip';
}

function namespaceHint(pod: PodInfo): QueueingHint {
  const { requiredAffinity, requiredAntiAffinity } = pod.affinity;
  const reads = [...requiredAffinity, ...requiredAntiAffinity].some((term) => term.namespaceSelector !== undefined);
  return reads ? 'queue' : 'skip';
}
