import type { WebSocket } from 'ws';
import { type Heartbeat, startHeartbeat } from '../heartbeat.js';
import { settledWithin } from '../settled-within.js';
import type { ChannelEncoding } from './channel-encoding.js';
import { IncomingChannel } from './incoming-channel.js';

/** Channel 255 of v5 carries the number of a channel that its sender closes. */
const CLOSE_CHANNEL = 255;
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** How long a client may take to agree to the end. */
const CLOSE_LIMIT_MS = 5_000;
/** RFC 6455, section 7.4.1. */
const NORMAL_CLOSURE = 1000;

export interface ChannelSocketOptions {
  readonly encoding: ChannelEncoding;
  /** Channels that the client writes to; what comes on others is dropped. */
  readonly incoming: readonly number[];
  /** Whether the protocol has half-closes (v5). */
  readonly canClose: boolean;
}

/** Several channels over one WebSocket, with one flow control for all of them: the socket's. */
export class ChannelSocket {
  /** Settles once the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #encoding: ChannelEncoding;
  readonly #channels = new Map<number, IncomingChannel>();
  readonly #heartbeat: Heartbeat;
  #isClosed = false;

  constructor(socket: WebSocket, { encoding, incoming, canClose }: ChannelSocketOptions) {
    this.#socket = socket;
    this.#encoding = encoding;
    for (const channel of incoming) this.#channels.set(channel, new IncomingChannel(() => this.#resume()));
    this.#heartbeat = startHeartbeat({
      ping: () => socket.ping(),
      lost: () => socket.terminate(),
      isDeaf: () => socket.isPaused,
    });
    socket.on('pong', () => this.#heartbeat.heard());
    socket.on('ping', () => this.#heartbeat.heard());
    // Without fragments a message is one Buffer (ws's default binary type).
    socket.on('message', (message: Buffer) => this.#receive(message, canClose));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        this.#heartbeat.stop();
        for (const channel of this.#channels.values()) channel.destroy();
        resolve();
      });
    });
    socket.resume();
  }

  incoming(channel: number): IncomingChannel | undefined {
    return this.#channels.get(channel);
  }

  /** Resolves once more may be sent; at once when the client is gone. */
  async send(channel: number, data: Buffer): Promise<void> {
    if (this.#isClosed) return;
    this.#heartbeat.used();
    const sent = new Promise<void>((resolve) => {
      this.#socket.send(this.#encoding.encode(channel, data), () => resolve());
    });
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) await Promise.race([sent, this.closed]);
  }

  /** Says good-bye, after what has been sent, and waits until the client has done so too. */
  async close(code = NORMAL_CLOSURE): Promise<void> {
    for (const channel of this.#channels.values()) channel.destroy();
    this.#socket.resume();
    this.#socket.close(code);
    if (!(await settledWithin(this.closed, CLOSE_LIMIT_MS))) this.#socket.terminate();
    await this.closed;
  }

  #receive(message: Buffer, canClose: boolean): void {
    this.#heartbeat.heard();
    this.#heartbeat.used();
    const decoded = this.#encoding.decode(message);
    if (!decoded) return;
    const { channel, data } = decoded;
    if (canClose && channel === CLOSE_CHANNEL) {
      this.#channels.get(data[0] ?? CLOSE_CHANNEL)?.finish();
    } else if (this.#channels.get(channel)?.receive(data) === false) {
      this.#socket.pause();
    }
  }

  #resume(): void {
    if (this.#socket.isPaused && ![...this.#channels.values()].some((channel) => channel.isFull)) this.#socket.resume();
  }
}
