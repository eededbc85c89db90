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

  /** Every way of consuming data comes through here, and it is gone from the buffer afterwards. */
  override read(size?: number): unknown {
    const data: unknown = super.read(size);
    if (!this.isFull) this.#onRead();
    return data;
  }

  /** Data comes when the client sends it. */
  override _read(): void {}
}
