import type { IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as tlsConnect } from 'node:tls';
import { ApiError } from '@kubelab/api';
import { carryPage, isRewritable } from './carry-page.js';
import { requestHeaders, responseHeaders } from './proxy-headers.js';
import { rewriteUrl } from './rewrite-url.js';

export interface ProxyRequest {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** Of an upgraded connection. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | undefined;
  /** Up to and with `/proxy`. */
  readonly prefix: string;
  /** What is asked for there, with its query. */
  readonly target: string;
  /** `HOST:PORT` of who answers. */
  readonly backend: string;
  /** Whoever answers on it may show any certificate (as Kubernetes). */
  readonly tls: boolean;
  readonly connect: () => Promise<Duplex>;
}

/**
 * Carries one request to where it is proxied and the answer back, bodies as they
 * come. An answer that switches protocols leaves two connections joined.
 * @throws ApiError ServiceUnavailable where nobody answers
 */
export async function proxyExchange(request: ProxyRequest): Promise<void> {
  const connection = await open(request);
  try {
    await exchange(request, connection);
  } finally {
    connection.destroy();
  }
}

async function open({ connect, tls }: ProxyRequest): Promise<Duplex> {
  try {
    const connection = await connect();
    return tls ? tlsConnect({ socket: connection, rejectUnauthorized: false }) : connection;
  } catch (error) {
    throw unreachable(error);
  }
}

function exchange(request: ProxyRequest, connection: Duplex): Promise<void> {
  const { message, upgrade, prefix, target } = request;
  const { method = 'GET', headers } = message;
  const carried = requestHeaders(message, prefix, target);
  const switched = upgrade ? { connection: 'Upgrade', upgrade: headers.upgrade ?? '' } : {};
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      method,
      path: target,
      headers: { connection: 'close', ...carried, ...switched },
      createConnection: () => connection,
      setHost: false,
    });
    outgoing.once('error', (error) => reject(unreachable(error)));
    outgoing.once('response', (incoming) => answer(request, incoming).then(resolve, reject));
    outgoing.once('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
      join(request, incoming, socket, head).then(resolve, reject);
    });
    if (upgrade) outgoing.end();
    // A client that leaves ends the connection; one that is answered early need not send the rest.
    else pipeline(message, outgoing).catch(() => undefined);
  });
}

async function answer(request: ProxyRequest, incoming: IncomingMessage): Promise<void> {
  const { response, message, prefix, backend } = request;
  const rewriting = { prefix, backend, host: message.headers.host ?? '' };
  const headers = responseHeaders(incoming.headers);
  const { location } = incoming.headers;
  if (location !== undefined) headers.location = rewriteUrl(location, rewriting);
  const status = incoming.statusCode ?? 502;
  if (location === undefined && message.method !== 'HEAD' && isRewritable(incoming)) {
    return await carryPage(incoming, response, status, headers, rewriting);
  }
  response.writeHead(status, incoming.statusMessage, headers);
  response.flushHeaders();
  await pipeline(incoming, response);
}

async function join(
  { upgrade, response }: ProxyRequest,
  incoming: IncomingMessage,
  connection: Duplex,
  head: Buffer,
): Promise<void> {
  if (!upgrade) throw new ApiError('ServiceUnavailable', 'error trying to reach service: unexpected upgrade');
  const { socket } = upgrade;
  const lines = [`HTTP/1.1 ${incoming.statusCode} ${incoming.statusMessage}`];
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
  }
  // From here on the socket is no HTTP any more; whoever listened to it still does.
  socket.setMaxListeners(0);
  response.detachSocket(socket as never);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.write(head);
  connection.write(upgrade.head);
  // However it ends, both are gone then.
  await pipeline(socket, connection, socket).catch(() => undefined);
  socket.destroy();
}

/** 503, whatever went wrong on the way. */
function unreachable(error: unknown): ApiError {
  const why = error instanceof Error ? error.message : String(error);
  return new ApiError('ServiceUnavailable', `error trying to reach service: ${why}`, { cause: error });
}
