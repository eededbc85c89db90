import type { NodeInfo } from '../cluster/node-info.js';

/** All nodes with one value of a label. */
export interface Domain {
  readonly value: string;
  /** Of what is counted, on all nodes of the domain. */
  count: number;
  /** Nodes that belong to it. It exists while there are any. */
  nodes: number;
  /** Left by whoever last counted the domains that it saw: the number of its count. */
  seen: number;
}

/**
 * Something counted by node, and by the value of a label over all nodes that
 * have it. A change costs the same however many nodes and pods there are; the
 * smallest count is known without looking at all domains.
 */
export class DomainCounts {
  readonly topologyKey: string;
  readonly domains = new Map<string, Domain>();
  /** The domain of each node, by slot. */
  readonly bySlot: (Domain | undefined)[] = [];
  /** What is counted on each node, by slot; nodes outside of all domains as well. */
  readonly ofSlot: number[] = [];
  /** Over all domains. */
  total = 0;
  /** How many domains have each count. Kept where the smallest is asked for: then counts are whole and not negative. */
  readonly #domainsByCount: number[] | undefined;

  constructor(topologyKey: string, options: { readonly keepsMinimum: boolean }) {
    this.topologyKey = topologyKey;
    this.#domainsByCount = options.keepsMinimum ? [] : undefined;
  }

  add(slot: number, amount: number): void {
    this.ofSlot[slot] = (this.ofSlot[slot] ?? 0) + amount;
    const domain = this.bySlot[slot];
    if (domain) this.#change(domain, amount);
  }

  /** The node belongs to the domain of this value from now on, or to none. */
  setNode(slot: number, value: string | undefined): void {
    const old = this.bySlot[slot];
    if (old?.value === value) return;
    const amount = this.ofSlot[slot] ?? 0;
    if (old) {
      if (amount !== 0) this.#change(old, -amount);
      if (--old.nodes === 0) {
        this.domains.delete(old.value);
        this.#file(old.count, -1);
      }
    }
    this.bySlot[slot] = undefined;
    if (value === undefined) return;
    const domain = this.#domain(value);
    domain.nodes++;
    this.bySlot[slot] = domain;
    if (amount !== 0) this.#change(domain, amount);
  }

  /** The smallest count of all domains, as it would be with `deltas` by value; 0 where there is none. */
  minimum(deltas: ReadonlyMap<string, number> | undefined): number {
    const counts = this.#domainsByCount;
    if (counts === undefined || this.domains.size === 0) return 0;
    const changes = this.#changes(deltas);
    const end = counts.length + (deltas ? this.#largest(deltas) : 0);
    for (let count = 0; count <= end; count++) if ((counts[count] ?? 0) + (changes?.get(count) ?? 0) > 0) return count;
    return 0;
  }

  #changes(deltas: ReadonlyMap<string, number> | undefined): Map<number, number> | undefined {
    if (deltas === undefined || deltas.size === 0) return undefined;
    const changes = new Map<number, number>();
    for (const [value, delta] of deltas) {
      const count = this.domains.get(value)?.count;
      if (count === undefined || delta === 0) continue;
      changes.set(count, (changes.get(count) ?? 0) - 1);
      changes.set(count + delta, (changes.get(count + delta) ?? 0) + 1);
    }
    return changes;
  }

  #largest(deltas: ReadonlyMap<string, number>): number {
    let largest = 0;
    for (const delta of deltas.values()) largest = Math.max(largest, delta);
    return largest;
  }

  #domain(value: string): Domain {
    const present = this.domains.get(value);
    if (present) return present;
    const domain: Domain = { value, count: 0, nodes: 0, seen: 0 };
    this.domains.set(value, domain);
    this.#file(0, 1);
    return domain;
  }

  #change(domain: Domain, amount: number): void {
    this.total += amount;
    this.#file(domain.count, -1);
    domain.count += amount;
    this.#file(domain.count, 1);
  }

  #file(count: number, sign: 1 | -1): void {
    const counts = this.#domainsByCount;
    if (counts === undefined) return;
    while (counts.length <= count) counts.push(0);
    counts[count] = (counts[count] ?? 0) + sign;
  }
}

/** Counts as one pod's cycle sees them: with what a trial has added and removed. */
export class CountsView {
  readonly counts: DomainCounts;
  #deltas: Map<string, number> | undefined;
  #deltaTotal = 0;

  constructor(counts: DomainCounts, deltas?: Map<string, number>, deltaTotal = 0) {
    this.counts = counts;
    this.#deltas = deltas;
    this.#deltaTotal = deltaTotal;
  }

  get total(): number {
    return this.counts.total + this.#deltaTotal;
  }

  /** Of the domain that the node's label names; undefined where it lacks the label. */
  at(node: NodeInfo): number | undefined {
    const { counts } = this;
    const domain = counts.bySlot[node.slot];
    if (domain !== undefined && this.#deltas === undefined) return domain.count;
    const value = domain?.value ?? node.labels[counts.topologyKey];
    if (value === undefined) return undefined;
    // A node that is not counted itself may share its domain with some that are.
    return ((domain ?? counts.domains.get(value))?.count ?? 0) + (this.#deltas?.get(value) ?? 0);
  }

  minimum(): number {
    return this.counts.minimum(this.#deltas);
  }

  change(value: string, amount: number): void {
    this.#deltas ??= new Map();
    this.#deltas.set(value, (this.#deltas.get(value) ?? 0) + amount);
    this.#deltaTotal += amount;
  }

  clone(): CountsView {
    return new CountsView(this.counts, this.#deltas && new Map(this.#deltas), this.#deltaTotal);
  }
}
