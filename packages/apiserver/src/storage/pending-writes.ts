import type { Revision } from './versions.js';

/** A write whose answer has not come yet. */
export interface PendingWrite {
  /** The revision that it made, once the watch has shown it. */
  revision: Revision | undefined;
  /** Part of the history since it began was never seen, so that `revision` may be missing though it was made. */
  historyLost: boolean;
}

/** The writes under way, so that the watch can tell what became of one whose answer was lost. */
export class PendingWrites {
  readonly #writes = new Map<string, PendingWrite>();

  get size(): number {
    return this.#writes.size;
  }

  begin(writeId: string): PendingWrite {
    const pending: PendingWrite = { revision: undefined, historyLost: false };
    this.#writes.set(writeId, pending);
    return pending;
  }

  end(writeId: string): void {
    this.#writes.delete(writeId);
  }

  /** The watch has shown the write of this id. */
  seen(writeId: string, revision: Revision): void {
    const pending = this.#writes.get(writeId);
    if (pending) pending.revision = revision;
  }

  historyLost(): void {
    for (const pending of this.#writes.values()) pending.historyLost = true;
  }
}
