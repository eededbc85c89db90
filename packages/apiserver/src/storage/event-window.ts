import type { StoredEvent } from './storage.js';
import type { VersionNumber } from './versions.js';

export interface WindowLimits {
  /** Events kept. */
  readonly count: number;
  /** Encoded bytes of the events kept. */
  readonly bytes: number;
  /** Events older than this go at the next one or when told to, down to the last hundred. */
  readonly ageMs: number;
}

const KEPT_WHATEVER_AGE = 100;

export interface WindowEntry {
  readonly number: VersionNumber;
  readonly event: StoredEvent;
  /** On the monotonic clock. */
  readonly atMs: number;
}

/**
 * The last events of one resource, in order, numbered from 0 on. Readers hold an
 * index and no events of their own: what bounds the window bounds them all.
 */
export class EventWindow {
  #entries: (WindowEntry | undefined)[] = [];
  /** Index of `#entries[#head]`. */
  #first = 0;
  #head = 0;
  #bytes = 0;
  #floor: VersionNumber;

  constructor(
    readonly limits: WindowLimits,
    floor: VersionNumber,
  ) {
    this.#floor = floor;
  }

  /** Every event above this version is here. */
  get floor(): VersionNumber {
    return this.#floor;
  }

  /** Index of the oldest event kept. */
  get first(): number {
    return this.#first;
  }

  /** Index that the next event gets. */
  get next(): number {
    return this.#first + this.#entries.length - this.#head;
  }

  at(index: number): WindowEntry | undefined {
    return index < this.#first ? undefined : this.#entries[index - this.#first + this.#head];
  }

  push(entry: WindowEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.event.current.encoded.length;
    this.dropOld(entry.atMs);
  }

  /** For when no event comes that would push the old ones out. */
  dropOld(nowMs: number): void {
    while (this.#isTooMuch(nowMs)) this.#dropFirst();
  }

  #isTooMuch(nowMs: number): boolean {
    const count = this.next - this.#first;
    if (count > this.limits.count) return true;
    if (this.#bytes > this.limits.bytes) return count > 1;
    return count > KEPT_WHATEVER_AGE && nowMs - (this.at(this.#first)?.atMs ?? nowMs) > this.limits.ageMs;
  }

  /** Index of the first event above a version. */
  firstAbove(number: VersionNumber): number {
    let low = this.#first;
    let high = this.next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.at(middle)?.number ?? 0) > number) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #dropFirst(): void {
    const oldest = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head++;
    this.#first++;
    if (oldest) {
      this.#floor = oldest.number;
      this.#bytes -= oldest.event.current.encoded.length;
    }
    // Shifted in bulk: one at a time would cost a copy each.
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}
