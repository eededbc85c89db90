import type { Duplex } from 'node:stream';
import { encodeDataHeader, encodeFrame } from './encode-frame.js';
import { DEFAULT_WINDOW_BYTES, type Frame } from './frames.js';
import { HeaderCompressor, type Headers } from './header-block.js';
import { SendWindow } from './send-window.js';

const MAX_FRAME_BYTES = 32 * 1024;

type ControlFrame = Exclude<Frame, { type: 'data' | 'synStream' | 'synReply' | 'headers' }>;

/** Where data is sent from: its number, its own window, and whether it is still wanted. */
export interface DataSource {
  readonly id: number;
  readonly window: SendWindow;
  readonly destroyed: boolean;
}

/** The sending half of a session. */
export class SpdyWriter {
  /** The whole connection's, beside the streams' own. */
  readonly window = new SendWindow(DEFAULT_WINDOW_BYTES);
  readonly #socket: Duplex;
  readonly #compressor = new HeaderCompressor();
  /** Header blocks leave in the order in which they are compressed, and before their streams' data. */
  #headersSent: Promise<void> = Promise.resolve();
  #drained: Promise<void> | undefined;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  control(frame: ControlFrame): void {
    if (this.#socket.writable) this.#socket.write(encodeFrame(frame));
  }

  headers(type: 'synStream' | 'synReply', streamId: number, headers: Headers): Promise<void> {
    const sent = this.#headersSent.then(async () => {
      const block = await this.#compressor.write(headers);
      if (this.#socket.writable) this.#socket.write(encodeFrame({ type, streamId, fin: false, block }));
    });
    this.#headersSent = sent.catch(() => undefined);
    return sent;
  }

  /** As much at a time as the windows allow. Rejects when the rest will never be sent. */
  async data(source: DataSource, data: Buffer): Promise<void> {
    await this.#headersSent;
    for (let rest = data; rest.length > 0; ) {
      if (source.destroyed || !this.#socket.writable) throw new Error('the stream is closed');
      const length = source.window.allowed(this.window.allowed(Math.min(rest.length, MAX_FRAME_BYTES)));
      if (length === 0) {
        await (source.window.allowed(1) === 0 ? source.window.wait() : this.window.wait());
        continue;
      }
      source.window.spend(length);
      this.window.spend(length);
      await this.#writeData(source.id, rest.subarray(0, length), false);
      rest = rest.subarray(length);
    }
  }

  async fin({ id }: DataSource): Promise<void> {
    await this.#headersSent;
    if (this.#socket.writable) await this.#writeData(id, Buffer.alloc(0), true);
  }

  /** Resolves when the socket takes more; at once if it does. */
  untilDrained(): Promise<void> | undefined {
    if (!this.#socket.writableNeedDrain) return undefined;
    this.#drained ??= new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        this.#drained = undefined;
        resolve();
      };
      this.#socket.once('drain', done);
      this.#socket.once('close', done);
    });
    return this.#drained;
  }

  close(): void {
    this.window.release();
    this.#compressor.close();
  }

  async #writeData(streamId: number, data: Buffer, fin: boolean): Promise<void> {
    this.#socket.cork();
    this.#socket.write(encodeDataHeader(streamId, data.length, fin));
    if (data.length > 0) this.#socket.write(data);
    this.#socket.uncork();
    await this.untilDrained();
  }
}
