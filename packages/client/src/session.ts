import { ApiError, type Status } from '@kubelab/api';
import {
  type Clock,
  createBackoff,
  type FinishedSpan,
  type SessionRequestBody,
  type SessionResponseMessage,
  secureChannel,
  type TlsMaterial,
} from '@kubelab/runtime';
import type { Logger } from 'pino';
import { openSessionStream, type SessionStream } from './session-stream.js';
import { spanMessage } from './span-message.js';

interface SessionOptions {
  readonly addresses: readonly string[];
  readonly tls: TlsMaterial;
  readonly component: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** What answers to one request come to. After `failed`, or `received` of a last message, nothing follows. */
export interface ResponseHandler {
  received(message: SessionResponseMessage): void;
  failed(error: ApiError): void;
}

/** A request that is under way. */
interface InFlight {
  /** Forgets it, and tells the server to, if that knows of it. */
  cancel(): void;
}

export interface Session {
  readonly connected: boolean;
  /** Fails at once where too many are in flight, or the session is closed. */
  start(body: SessionRequestBody, handler: ResponseHandler): InFlight;
  /** Reports spans, without waiting for an answer. Keeps a bounded number of them while there is no connection. */
  report(spans: readonly FinishedSpan[]): void;
  close(): void;
}

const MAX_IN_FLIGHT = 20_000;
const MAX_SPANS_KEPT = 4_096;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Keeps one stream to one of the addresses. It connects with the first request
 * and from then on again whenever the stream is lost: at once to the next
 * address, then with back-off (20 ms to 2 s). Requests made in between wait for
 * the next attempt and fail with it.
 */
export function createSession(options: SessionOptions): Session {
  const { addresses, tls, log, clock } = options;
  const targets = addresses.map((address) => ({ address, channel: secureChannel(address, tls) }));
  const backoff = createBackoff({ initialMs: 20, maxMs: 2_000, jitter: 0.4 });
  const inFlight = new Map<number, { body: SessionRequestBody; handler: ResponseHandler }>();
  let spansKept: FinishedSpan[] = [];
  let stream: SessionStream | undefined;
  let cancelReconnect: (() => void) | undefined;
  let connected = false;
  /** The present stream has answered something: it is worth more than a connection. */
  let answered = false;
  let closed = false;
  let nextId = 1;
  let nextAddress = 0;

  const connect = () => {
    cancelReconnect = undefined;
    const target = targets[nextAddress % targets.length];
    if (!target) throw new RangeError('an API client needs an address');
    const { address, channel } = target;
    stream = openSessionStream({
      address,
      channel,
      userAgent: `kubelab-${options.component}`,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      onConnected: () => onConnected(address),
      onMessage,
      onEnd: (error) => onEnd(address, error),
    });
    for (const [id, { body }] of inFlight) stream.send({ id, ...body });
  };

  const onConnected = (address: string) => {
    connected = true;
    log.info({ apiserver: address }, 'connected to the apiserver');
    const spans = spansKept;
    spansKept = [];
    if (spans.length > 0) report(spans);
  };

  const onMessage = (message: SessionResponseMessage) => {
    answered = true;
    backoff.reset();
    const request = inFlight.get(message.id);
    // An answer to what was cancelled meanwhile.
    if (!request) return;
    if (message.response !== 'event') inFlight.delete(message.id);
    if (message.response === 'failure') request.handler.failed(decodeFailure(message.failure.status));
    else request.handler.received(message);
  };

  const onEnd = (address: string, error: ApiError) => {
    stream = undefined;
    const lost = [...inFlight.values()];
    inFlight.clear();
    if (!closed) {
      const delayMs = answered && addresses.length > 1 ? 0 : backoff.next();
      if (connected || backoff.attempts === 1) log.warn({ error, apiserver: address }, 'no session with the apiserver');
      else log.debug({ error, apiserver: address }, 'still no session with the apiserver');
      nextAddress += 1;
      cancelReconnect = clock.setTimeout(connect, delayMs);
    }
    connected = false;
    answered = false;
    for (const { handler } of lost) handler.failed(error);
  };

  const start = (body: SessionRequestBody, handler: ResponseHandler): InFlight => {
    if (closed || inFlight.size >= MAX_IN_FLIGHT) {
      handler.failed(
        closed
          ? new ApiError('ServiceUnavailable', 'the client is closed')
          : new ApiError('TooManyRequests', `${MAX_IN_FLIGHT} requests are in flight already`),
      );
      return { cancel: () => {} };
    }
    const id = nextId++;
    inFlight.set(id, { body, handler });
    if (stream) stream.send({ id, ...body });
    else if (!cancelReconnect) connect();
    return {
      cancel: () => {
        if (inFlight.delete(id)) stream?.send({ id, cancel: {} });
      },
    };
  };

  const report = (spans: readonly FinishedSpan[]) => {
    if (closed) return;
    if (stream && connected) stream.send({ id: nextId++, spans: { spans: spans.map(spanMessage) } });
    else spansKept = [...spansKept, ...spans].slice(-MAX_SPANS_KEPT);
  };

  return {
    get connected() {
      return connected;
    },
    start,
    report,
    close: () => {
      closed = true;
      cancelReconnect?.();
      stream?.close();
      for (const { handler } of inFlight.values()) {
        handler.failed(new ApiError('ServiceUnavailable', 'the client is closed'));
      }
      inFlight.clear();
    },
  };
}

/** The Kubernetes Status that a failure carries. */
function decodeFailure(encoded: Buffer): ApiError {
  try {
    return ApiError.fromStatus(JSON.parse(encoded.toString('utf8')) as Status);
  } catch (cause) {
    return new ApiError('InternalError', 'the apiserver sent a failure that is no Status', { cause });
  }
}
