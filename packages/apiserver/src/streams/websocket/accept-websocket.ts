import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '@kubelab/api';
import { type WebSocket, WebSocketServer } from 'ws';

/** Kubernetes' clients send 32 KiB at a time; other libraries whatever they are given. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_MESSAGE_BYTES,
  handleProtocols: (_, request) => chosen.get(request) || false,
});

/** By the request, as it is the one thing that `handleProtocols` is given. */
const chosen = new WeakMap<IncomingMessage, string>();

/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

export function isWebSocketRequest({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** What the client offers, in its order of preference. */
function offeredProtocols({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');
}

/**
 * The first of the client's protocols that is supported; "" for a client that
 * names none, where that is supported.
 * @throws ApiError BadRequest where there is none, or for a handshake that cannot succeed
 */
export function negotiateProtocol(message: IncomingMessage, supported: readonly string[]): string {
  checkHandshake(message);
  const offered = offeredProtocols(message);
  const protocol = (offered.length === 0 ? [''] : offered).find((name) => supported.includes(name));
  if (protocol !== undefined) return protocol;
  const accepted = supported.filter((name) => name !== '').join(' ');
  throw new ApiError(
    'BadRequest',
    `unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${accepted}]`,
  );
}

/**
 * The first of the client's protocols, whatever it is, for messages that are the same in all; "" where it names none.
 * @throws ApiError BadRequest for a handshake that cannot succeed
 */
export function negotiateAnyProtocol(message: IncomingMessage): string {
  checkHandshake(message);
  return offeredProtocols(message)[0] ?? '';
}

function checkHandshake({ method, headers }: IncomingMessage): void {
  if (method !== 'GET' || headers['sec-websocket-version'] !== '13' || !KEY.test(headers['sec-websocket-key'] ?? '')) {
    throw new ApiError('BadRequest', 'the WebSocket handshake must be a GET with a key and version 13');
  }
}

/**
 * Completes the handshake (RFC 6455) with the protocol that was negotiated.
 * One that is malformed is refused on the spot, which closes the socket and so
 * aborts `signal`. Rejects then. The socket that resolves is paused.
 */
export function acceptWebSocket(
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
  signal: AbortSignal,
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    if (protocol !== '') chosen.set(message, protocol);
    const gone = () => reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', gone, { once: true });
    server.handleUpgrade(message, socket, head, (webSocket) => {
      signal.removeEventListener('abort', gone);
      // Every 'error' is followed by 'close', which is what is listened to.
      webSocket.on('error', () => undefined);
      // Nothing is lost until somebody listens, who resumes it.
      webSocket.pause();
      resolve(webSocket);
    });
  });
}
