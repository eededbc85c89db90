/** What is in the kernel, as far as a backend writes it. */
export interface TableState {
  /** Container (a map, a set, a shared chain) → key → data. */
  readonly elements: Map<string, Map<string, string>>;
  /** Generated chains and sets alone: the fixed layout is not among them. */
  readonly chains: Set<string>;
  readonly sets: Set<string>;
}

export function emptyTableState(containers: readonly string[]): TableState {
  return { elements: new Map(containers.map((name) => [name, new Map()])), chains: new Set(), sets: new Set() };
}

/** What one Service needs in the kernel. Chains and sets are named by their content and may be shared. */
export interface ServiceObjects {
  readonly elements: readonly (readonly [container: string, key: string, data: string])[];
  /** Chain name → its rules, in order. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Set name → its definition. */
  readonly sets: ReadonlyMap<string, string>;
}

/** What several Services need, together. */
export interface WantedState {
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly sets: ReadonlyMap<string, string>;
}

export function union(all: Iterable<ServiceObjects | undefined>): WantedState {
  const elements = new Map<string, Map<string, string>>();
  const chains = new Map<string, readonly string[]>();
  const sets = new Map<string, string>();
  for (const objects of all) {
    if (!objects) continue;
    for (const [container, key, data] of objects.elements) {
      const keys = elements.get(container) ?? new Map<string, string>();
      elements.set(container, keys.set(key, data));
    }
    for (const [name, rules] of objects.chains) chains.set(name, rules);
    for (const [name, definition] of objects.sets) sets.set(name, definition);
  }
  return { elements, chains, sets };
}
