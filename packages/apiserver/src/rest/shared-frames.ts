/**
 * Frames that any number of watchers send, encoded once an event. Watchers of one kind are woken together and read the
 * same events, so that the newest frames are those still wanted; who is further behind has his own made.
 * Likewise what any number of lists hold of an object.
 */
export class SharedFrames<Source extends object> {
  /** In the order in which they were made. */
  readonly #frames = new Map<Source, Buffer>();
  #bytes = 0;

  constructor(readonly limitBytes: number) {}

  get(source: Source): Buffer | undefined {
    return this.#frames.get(source);
  }

  /** The newest is held however large. A source has one frame. */
  add(source: Source, frame: Buffer): void {
    this.#frames.set(source, frame);
    this.#bytes += frame.length;
    for (const [oldest, { length }] of this.#frames) {
      if (this.#bytes <= this.limitBytes || oldest === source) return;
      this.#frames.delete(oldest);
      this.#bytes -= length;
    }
  }
}
