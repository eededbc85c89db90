import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { EtcdError, GrpcCode } from './error.js';
import { KeySpace, ROOT } from './key-space.js';
import * as messages from './messages.js';
import { EtcdSession, type EtcdStream, type TlsMaterial } from './session.js';
import type { MessageType } from './wire.js';

export interface EtcdTlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface EtcdClientOptions {
  /** `http://HOST:PORT` or `https://HOST:PORT`; tried in turn when one fails. */
  readonly endpoints: readonly string[];
  /**
   * Files, PEM, for https; without `caFile` the machine's authorities are trusted, without a certificate none is
   * shown. Read again at every connection, so that they may be renewed.
   */
  readonly tls?: EtcdTlsFiles | undefined;
  /** How long a request may take with all its attempts. Default 8,000 ms. */
  readonly requestTimeoutMs?: number | undefined;
  /** How long one attempt may take before another endpoint is tried. Default 3,000 ms. */
  readonly attemptTimeoutMs?: number | undefined;
  /** Before all keys, in an etcd that is shared. Default `/registry`. */
  readonly prefix?: string | undefined;
}

const FIRST_BACKOFF_MS = 25;
const LAST_BACKOFF_MS = 500;
/** etcd would choose 63-bit ids, which no JavaScript number holds. */
const LARGEST_LEASE_ID = 2 ** 48 - 1;

interface Call<Q, A> {
  readonly path: string;
  readonly request: MessageType<unknown, Q>;
  readonly response: MessageType<A, never>;
}

const RANGE = { path: '/etcdserverpb.KV/Range', request: messages.rangeRequest, response: messages.rangeResponse };
const TXN = { path: '/etcdserverpb.KV/Txn', request: messages.txnRequest, response: messages.txnResponse };
const TXN_BATCH = {
  path: TXN.path,
  request: messages.txnBatchRequest,
  response: messages.txnBatchResponse,
};
const COMPACT = {
  path: '/etcdserverpb.KV/Compact',
  request: messages.compactionRequest,
  response: messages.compactionResponse,
};
const GRANT = {
  path: '/etcdserverpb.Lease/LeaseGrant',
  request: messages.leaseGrantRequest,
  response: messages.leaseGrantResponse,
};
const WATCH_PATH = '/etcdserverpb.Watch/Watch';

/** etcd's API over one connection at a time, moving on to the next endpoint when that fails. */
export class EtcdClient {
  readonly requestTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly #endpoints: readonly string[];
  readonly #tls: EtcdClientOptions['tls'];
  #session: EtcdSession | undefined;
  #connecting: Promise<EtcdSession> | undefined;
  /** Undefined where keys are what the storage calls them. */
  readonly #keys: KeySpace | undefined;
  #nextEndpoint = 0;
  #closed = false;

  constructor(options: EtcdClientOptions) {
    if (options.endpoints.length === 0) throw new Error('no etcd endpoint is given');
    this.#endpoints = options.endpoints;
    this.#tls = options.tls;
    this.#keys = (options.prefix ?? ROOT) === ROOT ? undefined : new KeySpace(options.prefix ?? ROOT);
    this.requestTimeoutMs = options.requestTimeoutMs ?? 8_000;
    this.attemptTimeoutMs = options.attemptTimeoutMs ?? 3_000;
  }

  /** Repeated until it succeeds or the time is up: reading twice does no harm. */
  async range(request: messages.RangeRequest, options: RequestOptions = {}): Promise<messages.RangeResponse> {
    const keys = this.#keys;
    const sent = keys ? keys.range(request) : request;
    const response = await this.#untilAnswered((limitMs) => this.#attempt(RANGE, sent, limitMs), options);
    return keys ? { ...response, kvs: keys.found(response.kvs) } : response;
  }

  /** One attempt of at most `limitMs`. A write's outcome may be unknown after it: see {@link EtcdError.sent}. */
  async txn(request: messages.TxnRequest, limitMs = this.attemptTimeoutMs): Promise<messages.TxnResponse> {
    const keys = this.#keys;
    const response = await this.#attempt(TXN, keys ? keys.transaction(request) : request, limitMs);
    return keys ? keys.answer(response) : response;
  }

  /** As {@link txn}, with a transaction for every operation. */
  async txnBatch(
    request: messages.TxnBatchRequest,
    limitMs = this.attemptTimeoutMs,
  ): Promise<messages.TxnBatchResponse> {
    const keys = this.#keys;
    const response = await this.#attempt(TXN_BATCH, keys ? keys.batch(request) : request, limitMs);
    return keys ? keys.batchAnswer(response) : response;
  }

  async compact(revision: number): Promise<void> {
    await this.#attempt(COMPACT, { revision }, this.attemptTimeoutMs);
  }

  /** Grants a lease and resolves with its id. Repeated until it succeeds: a lease too many runs out by itself. */
  grantLease(timeToLiveSeconds: number): Promise<number> {
    return this.#untilAnswered(async (limitMs) => {
      const id = randomInt(1, LARGEST_LEASE_ID);
      await this.#attempt(GRANT, { ID: id, TTL: timeToLiveSeconds }, limitMs);
      return id;
    }, {});
  }

  /** One watch on a stream of its own. `end` is called once, when the stream has ended for whatever reason. */
  watch(
    session: EtcdSession,
    request: messages.WatchCreateRequest,
    on: { response(response: messages.WatchResponse): void; end(error?: EtcdError): void },
  ): EtcdStream {
    const keys = this.#keys;
    const stream = session.openStream(WATCH_PATH, {
      message(bytes) {
        const response = messages.watchResponse.decode(bytes);
        on.response(keys ? { ...response, events: keys.events(response.events) } : response);
      },
      end: (error) => {
        if (error) this.#leave(session, error);
        on.end(error);
      },
    });
    stream.send(messages.watchRequest.encode({ createRequest: keys ? keys.range(request) : request }));
    return stream;
  }

  close(): void {
    this.#closed = true;
    this.#session?.destroy();
  }

  async #attempt<Q, A>(call: Call<Q, A>, request: Q, limitMs: number): Promise<A> {
    const body = call.request.encode(request);
    const endMs = performance.now() + Math.min(limitMs, this.attemptTimeoutMs);
    const session = this.#session?.open ? this.#session : await this.#connectedWithin(limitMs);
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) throw new EtcdError(GrpcCode.unavailable, 'connecting to etcd took too long', false);
    try {
      return call.response.decode(await session.unary(call.path, body, leftMs));
    } catch (error) {
      if (error instanceof EtcdError && error.transient) this.#leave(session, error);
      throw error;
    }
  }

  async #untilAnswered<T>(attempt: (limitMs: number) => Promise<T>, options: RequestOptions): Promise<T> {
    const deadline = performance.now() + (options.timeoutMs ?? this.requestTimeoutMs);
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)) {
      options.signal?.throwIfAborted();
      try {
        return await attempt(deadline - performance.now());
      } catch (error) {
        const retry = error instanceof EtcdError && error.transient && !this.#closed;
        if (!retry || performance.now() + backoffMs > deadline) throw error;
        await delay(backoffMs, undefined, { signal: options.signal });
      }
    }
  }

  /** Gives up waiting, not connecting: the next request may need it. */
  async #connectedWithin(limitMs: number): Promise<EtcdSession> {
    const stop = new AbortController();
    const limit = delay(limitMs, undefined, { signal: stop.signal }).then(() => {
      throw new EtcdError(GrpcCode.unavailable, `no connection to etcd in ${Math.round(limitMs)} ms`, false);
    });
    try {
      return await Promise.race([this.connected(), limit]);
    } finally {
      stop.abort();
      limit.catch(() => {});
    }
  }

  /** The open connection, or a new one to the first endpoint that answers. */
  connected(): Promise<EtcdSession> {
    if (this.#session?.open) return Promise.resolve(this.#session);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<EtcdSession> {
    let last: unknown;
    for (let tried = 0; tried < this.#endpoints.length; tried++) {
      if (this.#closed) break;
      const endpoint = this.#endpoints[this.#nextEndpoint % this.#endpoints.length] ?? '';
      try {
        const session = await EtcdSession.open(endpoint, await this.#readTls(endpoint));
        if (this.#closed) session.destroy();
        this.#session = session;
        return session;
      } catch (error) {
        last = error;
        this.#nextEndpoint++;
      }
    }
    if (last instanceof EtcdError) throw last;
    throw new EtcdError(GrpcCode.unavailable, 'no connection to etcd', false, last);
  }

  async #readTls(endpoint: string): Promise<TlsMaterial | undefined> {
    if (!endpoint.startsWith('https:') || !this.#tls) return undefined;
    const { caFile, certFile, keyFile } = this.#tls;
    const [ca, cert, key] = await Promise.all(
      [caFile, certFile, keyFile].map((file) => (file === undefined ? undefined : readFile(file))),
    );
    return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  }

  /** What the member said or did not say makes another one the better choice, where there is one. */
  #leave(session: EtcdSession, error: EtcdError): void {
    if (this.#session !== session) return;
    const memberFailed = error.code === GrpcCode.unavailable || error.code === GrpcCode.deadlineExceeded;
    if (session.open && (this.#endpoints.length === 1 || !memberFailed)) return;
    this.#session = undefined;
    this.#nextEndpoint++;
    session.close();
  }
}

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}
