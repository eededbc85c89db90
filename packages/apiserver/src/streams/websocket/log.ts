import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { LogSink } from '../serve-log.js';
import { acceptWebSocket, negotiateProtocol } from './accept-websocket.js';

const PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io', ''];

export interface WebSocketLog extends LogSink {
  /** True once the handshake is done. */
  readonly hasBegun: boolean;
  close(): void;
}

/** A log as messages, without channels. @throws ApiError BadRequest where no protocol is common */
export function webSocketLog(
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  signal: AbortSignal,
): WebSocketLog {
  const protocol = negotiateProtocol(message, PROTOCOLS);
  let webSocket: WebSocket | undefined;
  return {
    get hasBegun() {
      return webSocket !== undefined;
    },
    async begin() {
      webSocket = await acceptWebSocket(message, socket, head, protocol, signal);
      webSocket.resume();
    },
    async write(data) {
      const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      const sent = new Promise<void>((resolve) => {
        webSocket?.send(protocol.startsWith('base64') ? data.toString('base64') : data, () => resolve());
      });
      await Promise.race([sent, gone]);
    },
    close: () => webSocket?.close(),
  };
}
