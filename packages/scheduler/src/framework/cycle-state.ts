/** What a plugin keeps for one pod's cycle. What changes in a trial can be cloned. */
interface Clonable {
  clone?(): object;
}

/** What the plugins of one pod's cycle remember, by plugin. Made anew for every pod. */
export class CycleState {
  readonly #data: Map<string, object>;
  /** Plugins that have nothing to say of this pod's nodes. */
  readonly skippedFilters: Set<string>;

  constructor(data = new Map<string, object>(), skippedFilters = new Set<string>()) {
    this.#data = data;
    this.skippedFilters = skippedFilters;
  }

  /** The caller knows what it has written under the key. */
  read<T extends object>(key: string): T | undefined {
    return this.#data.get(key) as T | undefined;
  }

  write<T extends object>(key: string, value: T): void {
    this.#data.set(key, value);
  }

  /** For a trial: pods are added and removed in the copy, and the original is as before. */
  clone(): CycleState {
    const copy = new Map<string, object>();
    for (const [key, value] of this.#data) copy.set(key, (value as Clonable).clone?.() ?? value);
    return new CycleState(copy, this.skippedFilters);
  }
}
