import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';

/** What a client shows the server and wants to be shown; PEM. */
export interface RestCredentials {
  /** Absent: the authorities that Node knows. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** Default true. */
  readonly rejectUnauthorized?: boolean;
}

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  /** Default application/json. */
  readonly contentType?: string;
  readonly headers?: OutgoingHttpHeaders;
}

/**
 * HTTPS with a client certificate, as a client library would do it: node:https,
 * connections kept alive, as many as there are requests in flight.
 */
export interface RestClient {
  /** The body of the answer. Rejects on a status of 400 or more, and once the client is closed. */
  send(request: RestRequest): Promise<Buffer>;
  get<T>(path: string): Promise<T>;
  create<T>(path: string, object: object): Promise<T>;
  /** At once, whatever its grace period. */
  delete(path: string): Promise<void>;
  /**
   * The lines of a watch on a connection of its own, until `signal` or its end, of
   * which `onEnd` is told. Resolves once the server has answered.
   */
  watch(path: string, onLine: (line: string) => void, signal: AbortSignal, onEnd?: () => void): Promise<void>;
  close(): void;
}

/** The answer was an error. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'RestError';
  }
}

const DELETE_NOW = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });

/** An apiserver answers within a minute, if only that it took too long; one whose network is gone never does. */
const SILENCE_LIMIT_MS = 90_000;

/** Opens nothing until it is used. A request without an answer for `silenceLimitMs` fails; watches may be silent. */
export function createRestClient(
  baseUrl: string,
  tls: RestCredentials,
  sentAlways: OutgoingHttpHeaders = {},
  silenceLimitMs = SILENCE_LIMIT_MS,
): RestClient {
  const { hostname, port, pathname } = new URL(baseUrl);
  const prefix = pathname.replace(/\/$/, '');
  const agent = new Agent({ ...tls, keepAlive: true, maxCachedSessions: 0 });
  const exchange = (message: RestRequest, own?: { agent: Agent; signal: AbortSignal }): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { method, path, body, contentType = 'application/json' } = message;
      const headers = { ...sentAlways, ...message.headers };
      const limit = own ?? { timeout: silenceLimitMs };
      const outgoing = request({ hostname, port, agent, method, path: `${prefix}${path}`, ...limit }, resolve);
      outgoing.once('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer`)));
      outgoing.setHeader('accept', 'application/json');
      for (const name in headers) outgoing.setHeader(name, headers[name] ?? '');
      if (body !== undefined) {
        outgoing.setHeader('content-type', contentType);
        outgoing.setHeader('content-length', Buffer.byteLength(body));
      }
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  const send = async (message: RestRequest): Promise<Buffer> => {
    const response = await exchange(message);
    const body = await readBody(response);
    const status = response.statusCode ?? 0;
    if (status < 400) return body;
    throw new RestError(status, `${message.method} ${message.path}: ${status} ${body.toString().slice(0, 300)}`);
  };
  const json = async <T>(message: RestRequest): Promise<T> => JSON.parse((await send(message)).toString()) as T;
  return {
    send,
    get: (path) => json({ method: 'GET', path }),
    create: (path, object) => json({ method: 'POST', path, body: JSON.stringify(object) }),
    async delete(path) {
      await send({ method: 'DELETE', path, body: DELETE_NOW });
    },
    async watch(path, onLine, signal, onEnd) {
      const own = new Agent({ ...tls, keepAlive: false });
      const response = await exchange({ method: 'GET', path }, { agent: own, signal });
      if (response.statusCode !== 200)
        throw new RestError(response.statusCode ?? 0, (await readBody(response)).toString());
      response.on('error', () => own.destroy());
      response.once('close', () => {
        own.destroy();
        onEnd?.();
      });
      createInterface({ input: response })
        .on('line', onLine)
        .on('error', () => own.destroy());
    },
    close: () => agent.destroy(),
  };
}

function readBody(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    response.once('error', reject);
  });
}
