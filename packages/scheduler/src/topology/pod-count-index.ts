import type { Selector } from '@kubelab/api';
import { LruMap } from '../cluster/lru-map.js';
import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { DomainCounts } from './domain-counts.js';
import { LabelBuckets } from './label-buckets.js';

/** Which pods to count, on which nodes, by which label of theirs. */
export interface CountQuery {
  /** The same for queries that count the same. */
  readonly signature: string;
  readonly topologyKey: string;
  /** One that every counted pod's labels match. */
  readonly selector: Selector;
  /** Asked of pods that the selector matches. */
  readonly countsPod: (pod: PodInfo) => boolean;
  /** Absent: all nodes with the label. */
  readonly countsNode?: (node: NodeInfo) => boolean;
  /** `countsPod` reads labels of namespaces. */
  readonly readsNamespaces?: boolean;
}

interface Entry {
  readonly query: CountQuery;
  readonly counts: DomainCounts;
}

/** About how many counts by node are kept, over all queries. */
const MAX_COUNTS = 600_000;
const MAX_QUERIES = 256;
const MIN_QUERIES = 16;

/**
 * Pods counted by topology, for each question that pods' spreading constraints
 * and affinity terms have asked lately. A question is answered from scratch the
 * first time, and kept right pod by pod from then on.
 */
export class PodCountIndex {
  readonly #nodes: () => Iterable<NodeInfo>;
  readonly #entries = new LruMap<string, Entry>(MAX_QUERIES);
  readonly #bySelector = new LabelBuckets<Entry>();
  #live = new Set<Entry>();

  constructor(nodes: () => Iterable<NodeInfo>) {
    this.#nodes = nodes;
  }

  counts(query: CountQuery, nodeCount: number): DomainCounts {
    const known = this.#entries.get(query.signature);
    if (known) return known.counts;
    const entry = { query, counts: new DomainCounts(query.topologyKey, { keepsMinimum: true }) };
    for (const node of this.#nodes()) {
      this.#place(entry, node);
      for (const pod of node.pods.values()) if (counts(query, pod)) entry.counts.add(node.slot, 1);
    }
    const room = Math.max(MIN_QUERIES, Math.floor(MAX_COUNTS / Math.max(1, nodeCount)));
    this.#keep(entry, room);
    return entry.counts;
  }

  podAdded(pod: PodInfo, node: NodeInfo): void {
    this.#count(pod, node, 1);
  }

  podRemoved(pod: PodInfo, node: NodeInfo): void {
    this.#count(pod, node, -1);
  }

  /** The node is there, has changed, or is gone: then it has no `node`. */
  nodeChanged(node: NodeInfo): void {
    for (const entry of this.#live) this.#place(entry, node);
  }

  /** What was counted by labels of namespaces is counted anew when next asked for. */
  namespacesChanged(): void {
    for (const entry of this.#live) if (entry.query.readsNamespaces) this.#forget(entry);
  }

  /** The slot is given to another node. */
  slotFreed(slot: number): void {
    for (const { counts } of this.#live) {
      counts.setNode(slot, undefined);
      counts.ofSlot[slot] = 0;
    }
  }

  #keep(entry: Entry, room: number): void {
    while (this.#live.size >= room) {
      const [oldest] = this.#entries.values();
      if (oldest === undefined) break;
      this.#forget(oldest);
    }
    const pushedOut = this.#entries.set(entry.query.signature, entry);
    if (pushedOut) this.#forget(pushedOut);
    this.#live.add(entry);
    this.#bySelector.add(entry.query.selector, entry);
  }

  #forget(entry: Entry): void {
    this.#live.delete(entry);
    this.#bySelector.delete(entry.query.selector, entry);
    this.#entries.delete(entry.query.signature);
  }

  #count(pod: PodInfo, node: NodeInfo, sign: 1 | -1): void {
    this.#bySelector.forEach(pod.labels, (entry) => {
      if (counts(entry.query, pod)) entry.counts.add(node.slot, sign);
    });
  }

  #place({ query, counts: domains }: Entry, node: NodeInfo): void {
    const isCounted = node.node !== undefined && (query.countsNode?.(node) ?? true);
    domains.setNode(node.slot, isCounted ? node.labels[query.topologyKey] : undefined);
  }
}

const counts = (query: CountQuery, pod: PodInfo): boolean => query.selector.matches(pod.labels) && query.countsPod(pod);
