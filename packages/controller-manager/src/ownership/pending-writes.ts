import type { Clock } from '@kubelab/runtime';

interface PendingWrite {
  readonly untilMs: number;
  readonly isShown: () => boolean;
}

/** As long as Kubernetes' own controllers wait for what they expect. */
const LIMIT_MS = 300_000;

/**
 * What a controller has written and its informer has not shown yet. Until it
 * has, the cache says less than the truth, and counting from it would create
 * or delete too much. Forgotten after five minutes, should an event never come.
 */
export class PendingWrites {
  readonly #clock: Clock;
  readonly #owners = new Map<string, Map<string, PendingWrite>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A write on the owner's behalf. `isShown`: whether the informer shows it now. */
  add(owner: string, id: string, isShown: () => boolean): void {
    if (isShown()) return;
    const pending = this.#owners.get(owner) ?? new Map<string, PendingWrite>();
    this.#owners.set(owner, pending.set(id, { untilMs: this.#clock.now() + LIMIT_MS, isShown }));
  }

  /** The informer has shown that write; without an id, the owner is gone. */
  seen(owner: string, id?: string): void {
    const pending = this.#owners.get(owner);
    if (pending === undefined) return;
    if (id !== undefined) pending.delete(id);
    if (id === undefined || pending.size === 0) this.#owners.delete(owner);
  }

  /**
   * 0 where the cache shows everything that was written for the owner; else in
   * how many milliseconds it is to be looked at again, should no event come.
   */
  waitMs(owner: string): number {
    const nowMs = this.#clock.now();
    let longestMs = 0;
    for (const [id, { untilMs, isShown }] of this.#owners.get(owner) ?? []) {
      if (untilMs <= nowMs || isShown()) this.seen(owner, id);
      else longestMs = Math.max(longestMs, untilMs - nowMs);
    }
    return longestMs;
  }
}
