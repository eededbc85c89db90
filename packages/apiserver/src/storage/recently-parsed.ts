/** Holds something large that it can make again. */
export interface Parsed {
  readonly sizeBytes: number;
  /** Whether it was looked at again since it was added, or since this was last asked. */
  takeUse(): boolean;
  forget(): void;
}

/**
 * Bounds what is held parsed beside its JSON: the oldest forget first, but for
 * those looked at again meanwhile, which go behind the newest (the CLOCK
 * algorithm). Parsed, an object takes several times its JSON, in many pieces
 * that the garbage collector follows one by one.
 */
export class RecentlyParsed {
  #queue: Parsed[] = [];
  /** Index of the oldest in the queue. */
  #head = 0;
  #bytes = 0;

  constructor(readonly limitBytes: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** One larger than the limit is held until the next is added. */
  add(parsed: Parsed): void {
    while (this.#head < this.#queue.length && this.#bytes + parsed.sizeBytes > this.limitBytes) this.#turn();
    this.#push(parsed);
    this.#bytes += parsed.sizeBytes;
  }

  #turn(): void {
    const oldest = this.#queue[this.#head] as Parsed;
    this.#head++;
    if (oldest.takeUse()) {
      this.#push(oldest);
      return;
    }
    this.#bytes -= oldest.sizeBytes;
    oldest.forget();
  }

  #push(parsed: Parsed): void {
    // Shifted in bulk: one at a time would cost a copy each.
    if (this.#head > 256 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#queue.push(parsed);
  }
}

/**
 * Of the whole process. About two hundred objects: what one request or one event
 * looks at several times is here, and most of it is gone before the collector
 * would move it among what is old.
 */
export const recentlyParsed = new RecentlyParsed(512 * 1024);
