import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { ApiError, isApiError } from '@kubelab/api';
import type { Logger } from 'pino';
import type { Auditor } from '../audit/auditor.js';
import { receivedOf } from '../audit/received.js';
import { impersonate, wantsImpersonation } from '../authn/impersonation.js';
import type { RequestAuthenticator } from '../authn/request-authenticator.js';
import { authorize } from '../authz/authorize.js';
import type { Authorizer } from '../authz/authorizer.js';
import { notServed } from '../registry/not-served.js';
import { toApiError } from '../registry/to-api-error.js';
import { isSpdyRequest } from '../streams/spdy/accept-spdy.js';
import { isWebSocketRequest } from '../streams/websocket/accept-websocket.js';
import { sendError, sendText } from './answer.js';
import type { Exchange } from './exchange.js';
import { HttpExchange } from './http-exchange.js';
import { isWatch, requestTimeoutOf } from './parameters.js';
import { requestLabels } from './request-labels.js';
import type { RequestLabels, RequestMetrics } from './request-metrics.js';
import type { Match, Router } from './router.js';
import type { Upgrade } from './stream-handler.js';

export interface RestFaceOptions {
  readonly router: Router;
  readonly authenticator: RequestAuthenticator;
  readonly authorizer: Authorizer;
  readonly log: Logger;
  readonly metrics: RequestMetrics;
  /** Prefixes below which an unknown path is answered with a Status: `/api/v1`, `/apis/apps/v1`. */
  readonly apiRoots: readonly string[];
  /** How long a request may take, watches and streams apart. Default 60,000. */
  readonly requestTimeoutMs?: number;
  /** Undefined: nothing is audited. */
  readonly auditor: Auditor | undefined;
}

const NO_RESOURCE = { resource: undefined, subresource: '', namespace: '', name: '' } as const;

/** What node:https calls. */
export interface RestFace {
  request(message: IncomingMessage, response: ServerResponse): void;
  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** False where the client's wish to switch protocols is to be ignored, as RFC 9110 allows. */
  switches(message: IncomingMessage): boolean;
  /** How many requests are being answered, watches and streams included. */
  readonly active: number;
}

export function createRestFace(options: RestFaceOptions): RestFace {
  let active = 0;

  async function answer(message: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): Promise<void> {
    const startMs = performance.now();
    const exchange = new HttpExchange(message, response, upgrade?.socket);
    let match: Match | undefined;
    let timer: NodeJS.Timeout | undefined;
    let longRunning = false;
    let labels: RequestLabels | undefined;
    active += 1;
    exchange.audit = options.auditor?.begin(receivedOf(message));
    try {
      match = options.router.find(checkPath(exchange.path));
      exchange.parameters = match?.parameters ?? {};
      const user = options.authenticator.authenticate(message, exchange.path);
      exchange.user = user instanceof Promise ? await user : user;
      exchange.audit?.authenticated(exchange.user);
      if (wantsImpersonation(message.headers))
        exchange.user = await impersonate(message, exchange.user, options.authorizer);
      longRunning = isLongRunning(match, exchange.query);
      labels = requestLabels(exchange, match);
      if (longRunning) options.metrics.longRunning(labels, 1);
      else timer = startTimer(exchange, requestTimeoutOf(exchange.query, options.requestTimeoutMs));
      await route(exchange, match, upgrade);
    } catch (error) {
      await fail(exchange, error);
    } finally {
      active -= 1;
      clearTimeout(timer);
      exchange.audit?.complete(response.statusCode);
      const answered = labels ?? requestLabels(exchange, match);
      if (longRunning) {
        options.metrics.longRunning(answered, -1);
        options.metrics.count(answered, response.statusCode);
      } else {
        options.metrics.observe(answered, response.statusCode, (performance.now() - startMs) / 1000);
      }
    }
  }

  async function route(exchange: Exchange, match: Match | undefined, upgrade: Upgrade | undefined): Promise<void> {
    const { user, method, path, audit } = exchange;
    if (match?.route.kind === 'stream' || match?.route.kind === 'resource') {
      return match.route.handle(exchange, upgrade);
    }
    const attributes = { user, verb: method.toLowerCase(), ...NO_RESOURCE, path };
    await authorize(options.authorizer, attributes, audit);
    if (match) return match.route.handle(exchange);
    if (options.apiRoots.some((root) => path.startsWith(`${root}/`))) throw notServed();
    sendText(exchange, 404, '404 page not found\n');
  }

  async function fail(exchange: HttpExchange, thrown: unknown): Promise<void> {
    const { method, path, response } = exchange;
    // Nobody is there to be told.
    if (exchange.aborted && (response.destroyed || response.writableEnded)) return;
    const error = toApiError(thrown);
    // Whom the authenticator refuses has not been identified: the policy is asked by the path alone.
    exchange.audit?.identify({ user: exchange.user, verb: method.toLowerCase(), ...NO_RESOURCE, path });
    exchange.audit?.failed(error, isApiError(thrown));
    if (error.code >= 500) options.log.error({ error: thrown, method, path }, 'request failed');
    await sendError(exchange, error);
  }

  const start = (message: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): void => {
    answer(message, response, upgrade).catch((error: unknown) => {
      options.log.error({ error, path: message.url }, 'an answer could not be sent');
      response.destroy();
    });
  };
  return {
    request: (message, response) => start(message, response),
    upgrade(message, socket, head) {
      // Failures are answered as to any other request; a success takes the socket over.
      const response = new ServerResponse(message);
      response.shouldKeepAlive = false;
      response.assignSocket(socket as TLSSocket);
      socket.once('error', () => socket.destroy());
      response.once('finish', () => socket.end());
      start(message, response, { socket, head });
    },
    switches(message) {
      const [path = '/', query = ''] = (message.url ?? '/').split('?', 2);
      const match = options.router.find(path);
      const route = match?.route;
      // A watch; whatever else a kind's path is asked for is answered as if nothing had been said of WebSocket.
      if (route?.kind === 'resource') {
        const isWatched = message.method === 'GET' && isLongRunning(match, new URLSearchParams(query));
        return isWatched && isWebSocketRequest(message);
      }
      if (route?.kind !== 'stream') return false;
      return route.switches === true || isWebSocketRequest(message) || isSpdyRequest(message);
    },
    get active() {
      return active;
    },
  };
}

/** @throws ApiError BadRequest for broken percent-encoding */
function checkPath(path: string): string {
  try {
    if (path.includes('%')) decodeURIComponent(path);
    return path;
  } catch (cause) {
    throw new ApiError('BadRequest', `the request path cannot be decoded: ${JSON.stringify(path)}`, { cause });
  }
}

function isLongRunning(match: Match | undefined, query: URLSearchParams): boolean {
  if (match === undefined || match.route.kind === 'plain') return false;
  if (match.route.kind === 'stream') return true;
  return match.route.longRunning || isWatch(query);
}

/** Answers 504 when the time is up, whatever the work is waiting for, and tells the work to stop. */
function startTimer(exchange: HttpExchange, requestTimeoutMs: number): NodeJS.Timeout {
  return setTimeout(() => {
    const message = 'Timeout: request did not complete within the allotted timeout';
    const error = new ApiError('Timeout', message, { details: {} });
    sendError(exchange, error)
      .catch(() => exchange.response.destroy())
      .finally(() => exchange.abort(error));
  }, requestTimeoutMs);
}
