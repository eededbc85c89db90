import type { Duplex } from 'node:stream';
import { type Heartbeat, startHeartbeat } from '../heartbeat.js';
import { settledWithin } from '../settled-within.js';
import { FrameReader, SpdyProtocolError } from './frame-reader.js';
import { DEFAULT_WINDOW_BYTES, type Frame, RST_STATUS, SETTING_INITIAL_WINDOW_SIZE } from './frames.js';
import { HeaderDecompressor, type Headers } from './header-block.js';
import { SendWindow } from './send-window.js';
import { SpdyStream, type StreamLink } from './spdy-stream.js';
import { SpdyWriter } from './spdy-writer.js';

export interface SpdySessionOptions {
  readonly role: 'server' | 'client';
  /** How many streams may be open at a time; more are refused. Default 1,000. */
  readonly maxStreams?: number;
  /** A stream that the peer has opened, already accepted. */
  readonly onStream?: (stream: SpdyStream) => void;
}

/** How long the peer may take to hang up once we are through. */
const CLOSE_LIMIT_MS = 5_000;
/** A peer that sends and does not read is not read either. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

/**
 * One SPDY/3.1 connection over any byte stream, which it owns: it answers
 * pings, keeps windows, refuses streams beyond its limit, and when the
 * connection is gone every stream is destroyed.
 */
export class SpdySession implements StreamLink {
  /** Settles once the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #options: SpdySessionOptions;
  readonly #writer: SpdyWriter;
  readonly #reader = new FrameReader();
  readonly #decompressor = new HeaderDecompressor();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #heartbeat: Heartbeat;
  #initialWindowBytes = DEFAULT_WINDOW_BYTES;
  #peerKeepsWindows = false;
  #lastPeerStreamId = 0;
  #nextStreamId: number;
  #nextPingId: number;
  #uncreditedBytes = 0;
  #isBlocked = false;
  #isClosing = false;

  constructor(socket: Duplex, options: SpdySessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#writer = new SpdyWriter(socket);
    // Clients' numbers are odd (sections 2.3.2 and 2.6.5).
    this.#nextStreamId = options.role === 'client' ? 1 : 2;
    this.#nextPingId = this.#nextStreamId;
    this.#heartbeat = startHeartbeat({
      ping: () => this.#ping(),
      lost: (why) => socket.destroy(new Error(why)),
      isDeaf: () => this.#isBlocked,
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#dispose();
        resolve();
      });
    });
    this.#read().catch((error: Error) => socket.destroy(error));
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Opens a stream with these headers. Rejects once the connection is gone. */
  async open(headers: Headers): Promise<SpdyStream> {
    const stream = this.#addStream(this.#nextStreamId, headers);
    this.#nextStreamId += 2;
    await this.#writer.headers('synStream', stream.id, headers);
    return stream;
  }

  /**
   * Ends the connection after what has been sent: streams that are open are
   * reset, and what still comes is dropped. Resolves once the peer has hung up,
   * or its time is over.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const stream of [...this.#streams.values()]) stream.destroy();
    this.#writer.control({ type: 'goAway', lastGoodStreamId: this.#lastPeerStreamId, status: 0 });
    this.#socket.end();
    if (!(await settledWithin(this.closed, CLOSE_LIMIT_MS))) this.#socket.destroy();
    await this.closed;
  }

  sendData(stream: SpdyStream, data: Buffer): Promise<void> {
    this.#heartbeat.used();
    return this.#writer.data(stream, data);
  }

  sendFin(stream: SpdyStream): Promise<void> {
    return this.#writer.fin(stream);
  }

  widenWindow({ id }: SpdyStream, bytes: number): void {
    this.#writer.control({ type: 'windowUpdate', streamId: id, delta: bytes });
  }

  streamClosed(stream: SpdyStream, isClean: boolean): void {
    // One that the peer has reset, or whose connection is gone, is not known any more.
    if (!this.#streams.delete(stream.id) || isClean) return;
    this.#reset(stream.id, RST_STATUS.cancel);
  }

  async #read(): Promise<void> {
    for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
      this.#heartbeat.heard();
      this.#reader.push(chunk);
      for (let frame = this.#reader.next(); frame; frame = this.#reader.next()) {
        const handled = this.#handle(frame);
        if (handled !== undefined) await this.#block(handled);
      }
      if (this.#socket.writableLength > MAX_UNSENT_BYTES) await this.#block(this.#writer.untilDrained());
    }
    // Nobody half-closes a whole connection.
    this.#socket.destroy();
  }

  async #block(until: Promise<void> | undefined): Promise<void> {
    this.#isBlocked = true;
    await until;
    this.#isBlocked = false;
  }

  /** A promise where the next frame has to wait. */
  #handle(frame: Frame): Promise<void> | undefined {
    switch (frame.type) {
      case 'data':
        return this.#receiveData(frame.streamId, frame.data, frame.fin);
      case 'synStream':
        return this.#accept(frame.streamId, frame.block, frame.fin);
      case 'synReply':
      case 'headers':
        return this.#receiveHeaders(frame.streamId, frame.block, frame.fin);
      case 'rstStream':
        return this.#receiveReset(frame.streamId);
      case 'settings':
        return this.#receiveSettings(frame.values);
      case 'windowUpdate':
        return this.#receiveWindow(frame.streamId, frame.delta);
      case 'ping':
        // Ours come back with the number that we gave them.
        if (frame.id % 2 !== this.#nextPingId % 2) this.#writer.control(frame);
        return undefined;
      case 'goAway':
        // No new streams from here, and there are none.
        return undefined;
    }
  }

  #receiveData(streamId: number, data: Buffer, fin: boolean): Promise<void> | undefined {
    this.#heartbeat.used();
    this.#uncreditedBytes += data.length;
    if (this.#uncreditedBytes >= DEFAULT_WINDOW_BYTES / 2) {
      // The streams' windows hold back who sends too much; the connection's need not.
      this.#writer.control({ type: 'windowUpdate', streamId: 0, delta: this.#uncreditedBytes });
      this.#uncreditedBytes = 0;
    }
    const stream = this.#streams.get(streamId);
    if (stream) return stream.receive(data, fin);
    if (!this.#wasOpened(streamId)) this.#reset(streamId, RST_STATUS.invalidStream);
    return undefined;
  }

  async #accept(streamId: number, block: Buffer, fin: boolean): Promise<void> {
    // Also for a stream that is refused: the blocks are one zlib stream.
    const headers = await this.#decompressor.read(block);
    if (streamId <= this.#lastPeerStreamId || streamId % 2 === this.#nextStreamId % 2) {
      throw new SpdyProtocolError(`stream ${streamId} cannot be opened`);
    }
    this.#lastPeerStreamId = streamId;
    const { maxStreams = 1_000, onStream } = this.#options;
    if (this.#isClosing || !onStream || this.#streams.size >= maxStreams) {
      return this.#reset(streamId, RST_STATUS.refusedStream);
    }
    const stream = this.#addStream(streamId, headers);
    await this.#writer.headers('synReply', streamId, new Map());
    if (fin) await stream.receive(Buffer.alloc(0), true);
    onStream(stream);
  }

  async #receiveHeaders(streamId: number, block: Buffer, fin: boolean): Promise<void> {
    await this.#decompressor.read(block);
    if (fin) await this.#streams.get(streamId)?.receive(Buffer.alloc(0), true);
  }

  #receiveReset(streamId: number): undefined {
    const stream = this.#streams.get(streamId);
    this.#streams.delete(streamId);
    stream?.destroy(new Error('the client has reset the stream'));
  }

  #receiveSettings(values: ReadonlyMap<number, number>): undefined {
    const bytes = values.get(SETTING_INITIAL_WINDOW_SIZE);
    if (bytes === undefined) return;
    this.#peerKeepsWindows = true;
    for (const { window } of this.#streams.values()) window.widen(bytes - this.#initialWindowBytes);
    this.#initialWindowBytes = bytes;
  }

  #receiveWindow(streamId: number, delta: number): undefined {
    if (streamId === 0) {
      this.#writer.window.widen(delta);
      return;
    }
    this.#peerKeepsWindows = true;
    this.#streams.get(streamId)?.window.widen(delta);
  }

  #addStream(id: number, headers: Headers): SpdyStream {
    if (this.#socket.destroyed) throw new Error('the connection is closed');
    const window = new SendWindow(this.#initialWindowBytes, this.#peerKeepsWindows);
    const stream = new SpdyStream(id, headers, this, window);
    this.#streams.set(id, stream);
    return stream;
  }

  #wasOpened(streamId: number): boolean {
    return streamId % 2 === this.#nextStreamId % 2 ? streamId < this.#nextStreamId : streamId <= this.#lastPeerStreamId;
  }

  #reset(streamId: number, status: number): void {
    this.#writer.control({ type: 'rstStream', streamId, status });
  }

  #ping(): void {
    this.#writer.control({ type: 'ping', id: this.#nextPingId });
    this.#nextPingId += 2;
  }

  #dispose(): void {
    this.#heartbeat.stop();
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) stream.destroy(new Error('the connection is closed'));
    this.#writer.close();
    this.#decompressor.close();
  }
}
