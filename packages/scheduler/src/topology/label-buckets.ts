import type { Selector } from '@kubelab/api';

const NONE: readonly never[] = [];

/**
 * Things with a label selector, filed under a label that it demands: only those
 * of a pod's own labels need be tried on it. A thousand workloads that select
 * their own pods cost a pod no more than one.
 */
export class LabelBuckets<T> {
  readonly #byLabel = new Map<string, Set<T>>();
  /** Those that demand no one label. */
  readonly #others = new Set<T>();

  add(selector: Selector, item: T): void {
    const label = demandedLabel(selector);
    if (label === undefined) this.#others.add(item);
    else {
      const bucket = this.#byLabel.get(label);
      if (bucket) bucket.add(item);
      else this.#byLabel.set(label, new Set([item]));
    }
  }

  delete(selector: Selector, item: T): void {
    const label = demandedLabel(selector);
    if (label === undefined) {
      this.#others.delete(item);
      return;
    }
    const bucket = this.#byLabel.get(label);
    bucket?.delete(item);
    if (bucket?.size === 0) this.#byLabel.delete(label);
  }

  /** Calls back for all that may select these labels. */
  forEach(labels: Readonly<Record<string, string>>, visit: (item: T) => void): void {
    for (const item of this.#others) visit(item);
    if (this.#byLabel.size === 0) return;
    for (const key in labels) for (const item of this.#byLabel.get(`${key}=${labels[key]}`) ?? NONE) visit(item);
  }
}

function demandedLabel(selector: Selector): string | undefined {
  for (const { key, operator, values } of selector.requirements)
    if (operator === '=' || operator === '==' || (operator === 'in' && values.length === 1))
      return `${key}=${values[0]}`;
  return undefined;
}
