import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsMaterial } from '@kubelab/runtime';
import type { RestFace } from './rest-face.js';

export interface HttpsServerOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly tls: TlsMaterial;
}

export interface HttpsServer {
  readonly port: number;
  /** Takes no more connections, lets requests in flight finish for up to `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** How often connections that have become idle are closed while the server closes. */
const IDLE_CHECK_MS = 50;
/** Longer than the usual 90 s of Go clients, so that it is the client who closes an idle connection. */
const KEEP_ALIVE_MS = 120_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** As Go's servers take: a command to execute is in the address, and may be long. */
const MAX_HEADER_BYTES = 2 ** 20;

/** HTTP/1.1 over TLS 1.2 or newer. Client certificates are asked for and not required: authentication judges them. */
export async function listenHttps(face: RestFace, { host, port, tls }: HttpsServerOptions): Promise<HttpsServer> {
  const server = createServer({
    ...tls,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Watches last; every other request has a time limit of its own.
    requestTimeout: 0,
    noDelay: true,
  });
  server.on('request', face.request);
  server.on('upgrade', (message, socket, head) => {
    if (face.switches(message)) face.upgrade(message, socket, head);
    else serveUnswitched(server, message, socket, head);
  });
  // A client that speaks no TLS, or drops the connection: nothing to answer.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('clientError', answerMalformed);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: (graceMs) => close(server, graceMs) };
}

/**
 * A wish for a protocol that is not spoken here, such as h2c, is no reason to
 * refuse the request. node:http has stopped reading there, so the connection
 * begins anew with the same request, without the wish.
 */
function serveUnswitched(server: Server, message: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${message.method} ${message.url} HTTP/${message.httpVersion}`];
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = message.rawHeaders.slice(i, i + 2);
    if (!['upgrade', 'connection', 'http2-settings'].includes(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('secureConnection', socket);
}

/** What node:http could not parse never becomes a request. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${status}`);
  } else {
    socket.destroy();
  }
}

function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    // A connection whose watch ends now becomes an idle one, and would keep the server open.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}
