import { once } from 'node:events';
import type { WebSocket } from 'ws';
import { withoutLength } from '../protobuf/encode-protobuf.js';
import { PROTOBUF_TYPE } from '../protobuf/envelope.js';
import { acceptWebSocket, negotiateAnyProtocol } from '../streams/websocket/accept-websocket.js';
import type { Exchange } from './exchange.js';
import { type Format, JSON_TYPE } from './negotiation.js';
import type { Upgrade } from './stream-handler.js';

/** Where the frames of a watch go. */
export interface WatchSink {
  /** Tells the client that the watch stands. @throws ApiError while it can still be answered with one */
  begin(): Promise<void> | void;
  send(frames: readonly Buffer[]): void;
  /** True while the client reads more slowly than frames come. */
  isSlow(): boolean;
  /** Resolves once it has caught up. Rejects with the signal. */
  drained(signal: AbortSignal): Promise<unknown>;
  end(): void;
}

/** A line each in the body of one answer, or what begins with its length. */
export function httpWatchSink({ response, auditId, audit }: Exchange, format: Format): WatchSink {
  return {
    begin() {
      response.writeHead(200, {
        'Content-Type': format === 'protobuf' ? `${PROTOBUF_TYPE};stream=watch` : JSON_TYPE,
        'Cache-Control': 'no-cache, private',
        'Audit-Id': auditId,
      });
      audit?.started(200);
      response.flushHeaders();
    },
    send(frames) {
      const [first] = frames;
      if (first !== undefined && !response.destroyed)
        response.write(frames.length === 1 ? first : Buffer.concat(frames));
    },
    isSlow: () => response.writableNeedDrain,
    drained: (signal) => (response.writableNeedDrain ? once(response, 'drain', { signal }) : Promise.resolve()),
    end: () => response.end(),
  };
}

const MAX_BUFFERED_BYTES = 1024 * 1024;
/** How long a client may take to agree to the end. */
const CLOSE_LIMIT_MS = 5_000;
/** RFC 6455, section 7.4.1. */
const NORMAL_CLOSURE = 1000;

/** A message each, of text or, in protobuf, of bytes. What the client sends is not listened to. */
export function webSocketWatchSink(exchange: Exchange, { socket, head }: Upgrade, format: Format): WatchSink {
  const { message, signal, audit } = exchange;
  const binary = format === 'protobuf';
  const protocol = negotiateAnyProtocol(message);
  let webSocket: WebSocket | undefined;
  let lastSent: Promise<void> = Promise.resolve();
  return {
    async begin() {
      webSocket = await acceptWebSocket(message, socket, head, protocol, signal);
      audit?.started(101);
      webSocket.resume();
    },
    send(frames) {
      for (const [index, frame] of frames.entries()) {
        const isLast = index === frames.length - 1;
        const data = binary ? withoutLength(frame) : frame;
        if (!isLast) webSocket?.send(data, { binary }, () => {});
        else lastSent = new Promise((sent) => webSocket?.send(data, { binary }, () => sent()));
      }
    },
    isSlow: () => (webSocket?.bufferedAmount ?? 0) > MAX_BUFFERED_BYTES,
    drained: (ended) => Promise.race([lastSent, aborted(ended)]),
    end() {
      webSocket?.close(NORMAL_CLOSURE);
      const timer = setTimeout(() => socket.destroy(), CLOSE_LIMIT_MS);
      socket.once('close', () => clearTimeout(timer));
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
