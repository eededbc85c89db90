import { Duplex } from 'node:stream';
import { DEFAULT_WINDOW_BYTES } from './frames.js';
import type { Headers } from './header-block.js';
import type { SendWindow } from './send-window.js';

/** What a stream needs of its session. */
export interface StreamLink {
  /** Resolves once the bytes are on their way; rejects when they never will be. */
  sendData(stream: SpdyStream, data: Buffer): Promise<void>;
  sendFin(stream: SpdyStream): Promise<void>;
  widenWindow(stream: SpdyStream, bytes: number): void;
  /** The stream is over; `isClean` where both sides have finished. */
  streamClosed(stream: SpdyStream, isClean: boolean): void;
}

/** A peer that heeds no window may have this much waiting before its connection is not read any more. */
const MAX_WAITING_BYTES = 256 * 1024;

/** One stream of a session, each direction ended on its own. Destroying it resets it. */
export class SpdyStream extends Duplex {
  readonly #link: StreamLink;
  #receivedBytes = 0;
  #creditedBytes = 0;
  #hasReceivedFin = false;
  #hasSentFin = false;
  #room: (() => void) | undefined;

  constructor(
    readonly id: number,
    readonly headers: Headers,
    link: StreamLink,
    readonly window: SendWindow,
  ) {
    super({ allowHalfOpen: true, readableHighWaterMark: MAX_WAITING_BYTES, writableHighWaterMark: MAX_WAITING_BYTES });
    this.#link = link;
    // Who reads or writes sees the error there; nobody else must be told.
    this.on('error', () => undefined);
  }

  /** Takes what the peer has sent; a promise while nothing more of it should be read. */
  receive(data: Buffer, fin: boolean): Promise<void> | undefined {
    if (this.destroyed || this.#hasReceivedFin) return undefined;
    this.#receivedBytes += data.length;
    if (data.length > 0) this.push(data);
    if (fin) {
      this.#hasReceivedFin = true;
      this.push(null);
    }
    if (this.readableLength < MAX_WAITING_BYTES) return undefined;
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** Every way of consuming data comes through here, and it is gone from the buffer afterwards. */
  override read(size?: number): unknown {
    const data: unknown = super.read(size);
    const waiting = this.readableLength;
    if (waiting < MAX_WAITING_BYTES) this.#makeRoom();
    const consumed = this.#receivedBytes - waiting - this.#creditedBytes;
    if (!this.#hasReceivedFin && consumed >= DEFAULT_WINDOW_BYTES / 2) {
      this.#creditedBytes += consumed;
      this.#link.widenWindow(this, consumed);
    }
    return data;
  }

  /** Data comes when the peer sends it. */
  override _read(): void {}

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#link.sendData(this, data).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#hasSentFin = true;
    this.#link.sendFin(this).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#makeRoom();
    this.window.release();
    this.#link.streamClosed(this, this.#hasReceivedFin && this.#hasSentFin);
    done(error);
  }

  #makeRoom(): void {
    this.#room?.();
    this.#room = undefined;
  }
}
