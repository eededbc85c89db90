import type { StoredEvent } from '../storage/storage.js';

/**
 * Frames that any number of watchers send, encoded once an event. Watchers of one kind are woken together and read the
 * same events, so that the newest frames are those still wanted; who is further behind has his own made.
 */
export class SharedFrames {
  /** In the order in which they were made. */
  readonly #frames = new Map<StoredEvent, Buffer>();
  #bytes = 0;

  constructor(readonly limitBytes: number) {}

  get(event: StoredEvent): Buffer | undefined {
    return this.#frames.get(event);
  }

  /** The newest is held however large. An event has one frame. */
  add(event: StoredEvent, frame: Buffer): void {
    this.#frames.set(event, frame);
    this.#bytes += frame.length;
    for (const [oldest, { length }] of this.#frames) {
      if (this.#bytes <= this.limitBytes || oldest === event) return;
      this.#frames.delete(oldest);
      this.#bytes -= length;
    }
  }
}
