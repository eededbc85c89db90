import type { CycleState } from './cycle-state.js';

/**
 * Where one plugin keeps what it knows of a cycle. Reading it for one node after
 * another of the same cycle looks nothing up.
 */
export class StateSlot<T extends object> {
  readonly #key: string;
  #state: CycleState | undefined;
  #value: T | undefined;

  constructor(key: string) {
    this.#key = key;
  }

  write(state: CycleState, value: T): void {
    state.write(this.#key, value);
    this.#state = state;
    this.#value = value;
  }

  read(state: CycleState): T | undefined {
    if (state !== this.#state) {
      this.#state = state;
      this.#value = state.read<T>(this.#key);
    }
    return this.#value;
  }
}
