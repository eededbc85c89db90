import { Readable } from 'node:stream';

/** What a client sends on one channel, as a stream. */
export class IncomingChannel extends Readable {
  readonly #onRead: () => void;

  /** `onRead` is called whenever there is room for more. */
  constructor(onRead: () => void) {
    super({ highWaterMark: 256 * 1024 });
    this.#onRead = onRead;
    this.on('error', () => undefined);
  }

  /** False when it is full: what comes is taken still, but should stop. */
  receive(data: Buffer): boolean {
    if (this.destroyed || this.readableEnded || data.length === 0) return true;
    return this.push(data);
  }

  /** The client has closed it. */
  finish(): void {
    if (!this.destroyed) this.push(null);
  }

  get isFull(): boolean {
    return !this.destroyed && this.readableLength >= this.readableHighWaterMark;
  }

  override _read(): void {
    this.#onRead();
  }
}
