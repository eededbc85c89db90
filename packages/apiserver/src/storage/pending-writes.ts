import type { VersionNumber } from './versions.js';

/** A write whose answer has not come yet. */
export interface PendingWrite {
  /** Of the version that it made, once the watch has shown it. */
  number: VersionNumber | undefined;
  /** Part of the history since it began was never seen, so that `number` may be missing though it was made. */
  historyLost: boolean;
}

/** The writes under way, so that the watch can tell what became of one whose answer was lost. */
export class PendingWrites {
  readonly #writes = new Map<string, PendingWrite>();

  get size(): number {
    return this.#writes.size;
  }

  begin(writeId: string): PendingWrite {
    const pending: PendingWrite = { number: undefined, historyLost: false };
    this.#writes.set(writeId, pending);
    return pending;
  }

  end(writeId: string): void {
    this.#writes.delete(writeId);
  }

  /** The watch has shown the write of this id. */
  seen(writeId: string, number: VersionNumber): void {
    const pending = this.#writes.get(writeId);
    if (pending) pending.number = number;
  }

  historyLost(): void {
    for (const pending of this.#writes.values()) pending.historyLost = true;
  }
}
