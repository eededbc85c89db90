import type { TableState, WantedState } from './table-state.js';

/** Changes to make at once. A backend renders them in the order that its program needs. */
export interface Transaction {
  readonly addedSets: Map<string, string>;
  readonly addedChains: Map<string, readonly string[]>;
  readonly removedElements: Map<string, Map<string, string>>;
  readonly addedElements: Map<string, Map<string, string>>;
  readonly removedChains: Set<string>;
  readonly removedSets: Set<string>;
  /** How many kernel objects it touches. */
  changes: number;
}

/**
 * What turns `present` into `wanted`. With `keyedByContent`, equal keys mean
 * equal data, however the kernel renders it.
 */
export function compare(present: TableState, wanted: WantedState, keyedByContent: boolean): Transaction {
  const same = (a: string, b: string | undefined) => (keyedByContent ? b !== undefined : a === b);
  const transaction: Transaction = {
    addedSets: new Map([...wanted.sets].filter(([name]) => !present.sets.has(name))),
    addedChains: new Map([...wanted.chains].filter(([name]) => !present.chains.has(name))),
    removedElements: new Map(),
    addedElements: new Map(),
    removedChains: new Set([...present.chains].filter((name) => !wanted.chains.has(name))),
    removedSets: new Set([...present.sets].filter((name) => !wanted.sets.has(name))),
    changes: 0,
  };
  for (const [container, have] of present.elements) {
    const want = wanted.elements.get(container) ?? new Map<string, string>();
    const removed = new Map([...have].filter(([key, data]) => !same(data, want.get(key))));
    const added = new Map([...want].filter(([key, data]) => !same(data, have.get(key))));
    if (removed.size > 0) transaction.removedElements.set(container, removed);
    if (added.size > 0) transaction.addedElements.set(container, added);
    transaction.changes += removed.size + added.size;
  }
  const { addedSets, addedChains, removedChains, removedSets } = transaction;
  transaction.changes += addedSets.size + addedChains.size + removedChains.size + removedSets.size;
  return transaction;
}

/** Does to `state` what the transaction has done to the kernel. */
export function applyTo(state: TableState, transaction: Transaction): void {
  for (const name of transaction.addedSets.keys()) state.sets.add(name);
  for (const name of transaction.addedChains.keys()) state.chains.add(name);
  for (const [container, removed] of transaction.removedElements)
    for (const key of removed.keys()) state.elements.get(container)?.delete(key);
  for (const [container, added] of transaction.addedElements)
    for (const [key, data] of added) state.elements.get(container)?.set(key, data);
  for (const name of transaction.removedChains) state.chains.delete(name);
  for (const name of transaction.removedSets) state.sets.delete(name);
}
