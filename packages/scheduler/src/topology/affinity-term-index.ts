import { type AffinityTerm, termMatches } from '../cluster/affinity-terms.js';
import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { DomainCounts } from './domain-counts.js';
import { LabelBuckets } from './label-buckets.js';

/** A required anti-affinity, a required affinity, or one of either that is preferred. */
export type TermKind = 'requiredAnti' | 'required' | 'preferred';

/** All pods that have one term: how many by topology; of preferred ones the sum of their weights, less for anti-affinity. */
export interface TermGroup {
  readonly kind: TermKind;
  readonly term: AffinityTerm;
  readonly counts: DomainCounts;
  pods: number;
}

/**
 * The affinity terms of the pods that run, grouped by what they say. What they
 * say of a new pod is worked out once a group, and not once a pod.
 */
export class AffinityTermIndex {
  readonly #nodes: () => Iterable<NodeInfo>;
  readonly #namespaceLabels: (namespace: string) => Readonly<Record<string, string>>;
  readonly #groups = new Map<string, TermGroup>();
  readonly #byKind: Readonly<Record<TermKind, LabelBuckets<TermGroup>>> = {
    requiredAnti: new LabelBuckets(),
    required: new LabelBuckets(),
    preferred: new LabelBuckets(),
  };

  constructor(
    nodes: () => Iterable<NodeInfo>,
    namespaceLabels: (namespace: string) => Readonly<Record<string, string>>,
  ) {
    this.#nodes = nodes;
    this.#namespaceLabels = namespaceLabels;
  }

  /** The groups whose term speaks of this pod. */
  matching(kind: TermKind, pod: PodInfo): TermGroup[] {
    const found: TermGroup[] = [];
    this.#byKind[kind].forEach(pod.labels, (group) => {
      if (termMatches(group.term, pod.namespace, pod.labels, this.#namespaceLabels)) found.push(group);
    });
    return found;
  }

  podAdded(pod: PodInfo, node: NodeInfo): void {
    this.#count(pod, node, 1);
  }

  podRemoved(pod: PodInfo, node: NodeInfo): void {
    this.#count(pod, node, -1);
  }

  nodeChanged(node: NodeInfo): void {
    for (const { counts } of this.#groups.values()) place(counts, node);
  }

  slotFreed(slot: number): void {
    for (const { counts } of this.#groups.values()) {
      counts.setNode(slot, undefined);
      counts.ofSlot[slot] = 0;
    }
  }

  #count({ affinity }: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    for (const term of affinity.requiredAntiAffinity) this.#add('requiredAnti', term, node, 1, sign);
    for (const term of affinity.requiredAffinity) this.#add('required', term, node, 1, sign);
    for (const { term, weight } of affinity.preferredAffinity) this.#add('preferred', term, node, weight, sign);
    for (const { term, weight } of affinity.preferredAntiAffinity) this.#add('preferred', term, node, -weight, sign);
  }

  #add(kind: TermKind, term: AffinityTerm, node: NodeInfo, weight: number, sign: 1 | -1): void {
    const key = `${kind}${term.signature}`;
    const group = this.#groups.get(key) ?? this.#create(key, kind, term);
    group.pods += sign;
    group.counts.add(node.slot, sign * weight);
    if (group.pods > 0) return;
    this.#groups.delete(key);
    this.#byKind[kind].delete(term.selector, group);
  }

  #create(key: string, kind: TermKind, term: AffinityTerm): TermGroup {
    const group = { kind, term, counts: new DomainCounts(term.topologyKey, { keepsMinimum: false }), pods: 0 };
    for (const node of this.#nodes()) place(group.counts, node);
    this.#groups.set(key, group);
    // Deleting goes by the selector's text alone, so terms of one signature may stand for each other.
    this.#byKind[kind].add(term.selector, group);
    return group;
  }
}

function place(counts: DomainCounts, node: NodeInfo): void {
  counts.setNode(node.slot, node.node === undefined ? undefined : node.labels[counts.topologyKey]);
}
