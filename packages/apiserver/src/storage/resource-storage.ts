import { ApiError, apiVersionOf, type KubernetesObject, type ObjectKey, type ResourceType } from '@kubelab/api';
import { formatTraceparent } from '@kubelab/runtime';
import type { Compactor } from './compactor.js';
import type { EtcdClient } from './etcd/client.js';
import { EtcdError } from './etcd/error.js';
import type { RequestOp } from './etcd/messages.js';
import { apiErrorOf } from './etcd-failure.js';
import type { Feed } from './feed.js';
import type { LeasePool } from './lease-pool.js';
import { Lister } from './lister.js';
import type { NewestRevision } from './newest-revision.js';
import type { ResourceCache } from './resource-cache.js';
import {
  type ListPage,
  type ListQuery,
  type ResourceStorage,
  StorageConflict,
  type StoredEvent,
  type StoredObject,
  type WatchItem,
  type WatchQuery,
  type WriteContext,
} from './storage.js';
import { deletionKey, objectPath } from './storage-keys.js';
import { encodeHeader, encodeObject, encodeValue, newWriteId, StoredValue } from './stored-value.js';
import {
  lastVersionNumber,
  parseVersion,
  type Revision,
  revisionOf,
  type VersionNumber,
  versionOf,
} from './versions.js';
import { type BookmarkClock, readEvents, tooOld } from './watcher.js';
import type { WriteOutcome, Writer } from './writer.js';

/** How long a read waits for the cache before it asks etcd itself, or gives up. */
const CACHE_WAIT_MS = 3_000;

/** What all resources' storages share. */
export interface SharedParts {
  readonly client: EtcdClient;
  readonly feed: Feed;
  readonly writer: Writer;
  readonly leases: LeasePool;
  readonly newest: NewestRevision;
  readonly bookmarks: BookmarkClock;
  readonly compactor: Pick<Compactor, 'forgotten'>;
}

type WithTimeToLive = WriteContext & { timeToLiveSeconds?: number };

/** One resource in etcd: writes go there, reads come from the cache. */
export class EtcdResourceStorage<T extends KubernetesObject> implements ResourceStorage<T> {
  readonly #lister: Lister;
  /** Whether writes are waited for until the cache has them. */
  #decides = false;

  constructor(
    readonly resource: ResourceType<T>,
    readonly cache: ResourceCache,
    readonly shared: SharedParts,
  ) {
    this.#lister = new Lister(
      cache,
      shared.feed,
      shared.client,
      (signal) => this.#consistent(signal),
      (number, signal, asked) => this.#reach(number, signal, asked),
      () => shared.compactor.forgotten,
    );
  }

  async create(key: ObjectKey, object: T, context: WithTimeToLive): Promise<StoredObject<T>> {
    return this.#put(key, object, 0, context);
  }

  async update(key: ObjectKey, object: T, expectedVersion: string, context: WithTimeToLive): Promise<StoredObject<T>> {
    return this.#put(key, object, expectedRevision(expectedVersion), context);
  }

  async delete(key: ObjectKey, expectedVersion: string, context: WriteContext): Promise<StoredObject<T>> {
    context.signal?.throwIfAborted();
    const expected = expectedRevision(expectedVersion);
    const etcdKey = this.#etcdKey(key);
    const cached = this.getCached(key);
    const known = cached?.version === expectedVersion ? cached : undefined;
    const writeId = newWriteId();
    const operations = (position: number): RequestOp[] => [
      {
        requestPut: {
          key: Buffer.from(deletionKey(position)),
          value: encodeHeader(writeId, context.trace, { position }),
        },
      },
      { requestDeleteRange: { key: Buffer.from(etcdKey), prevKv: known === undefined } },
    ];
    const outcome = await this.shared.writer.write({ key: etcdKey, expected, writeId, size: 0, operations });
    if (!outcome.made) throw this.#conflict(key, 'changed', outcome);
    const last = known ?? (await this.#lastState(key, outcome));
    await this.#untilObserved(outcome.number);
    return (last as StoredValue<T>).at(versionOf(outcome.number), context.trace);
  }

  async get(key: ObjectKey, signal?: AbortSignal, notOlderThan = ''): Promise<StoredObject<T> | undefined> {
    try {
      if (notOlderThan !== '') {
        await this.#reach(parseVersion(notOlderThan), signal, notOlderThan);
        return this.getCached(key);
      }
      const revision = await abortable(this.shared.newest.get(), signal);
      if (await this.shared.feed.waitFor(revision, CACHE_WAIT_MS, signal)) return this.getCached(key);
      signal?.throwIfAborted();
      return await this.#readAt(key, 0);
    } catch (error) {
      throw apiErrorOf(error);
    }
  }

  getCached(key: ObjectKey): StoredObject<T> | undefined {
    return this.cache.get(objectPath(key)) as StoredValue<T> | undefined;
  }

  observe(observer: (event: StoredEvent) => void, { decides = false } = {}): void {
    this.#decides ||= decides;
    this.cache.observe(observer);
  }

  async list(query: ListQuery): Promise<ListPage> {
    try {
      return await this.#lister.list(query);
    } catch (error) {
      throw apiErrorOf(error);
    }
  }

  async *watch(query: WatchQuery): AsyncGenerator<WatchItem, void, void> {
    const { namespace, signal, sendInitialEvents } = query;
    const asked = query.resourceVersion === '' ? undefined : parseVersion(query.resourceVersion);
    const withInitial = sendInitialEvents ?? (asked === undefined || asked === 0);
    const fromNow = asked === undefined || asked === 0;
    try {
      if (asked === undefined) await this.#consistent(signal);
      else await this.#reach(withInitial ? asked : 0, signal, query.resourceVersion);
    } catch (error) {
      if (signal.aborted) return;
      throw apiErrorOf(error);
    }
    const { floor } = this.cache.window;
    if (!withInitial && !fromNow && asked < floor) throw tooOld(asked, floor);
    yield* readEvents(this.cache, this.shared.feed, this.shared.bookmarks, {
      namespace,
      number: withInitial || fromNow ? lastVersionNumber(this.shared.feed.revision) : asked,
      // By version, so that a watch broken off among them resumes without a gap.
      initial: withInitial ? this.cache.byVersion(namespace === '' ? '' : `${namespace}/`) : [],
      markEnd: sendInitialEvents ?? false,
      signal,
    });
  }

  async #put(key: ObjectKey, object: T, expected: Revision, context: WithTimeToLive): Promise<StoredObject<T>> {
    context.signal?.throwIfAborted();
    const etcdKey = this.#etcdKey(key);
    const writeId = newWriteId();
    const type = { apiVersion: apiVersionOf(this.resource), kind: this.resource.kind };
    const encoded = encodeObject(key, object, type);
    const outcome = await this.#underLease(context.timeToLiveSeconds, (lease) => {
      // Without a new time to live, an update leaves the object the one that it has.
      const keep = lease === undefined && expected !== 0;
      return this.shared.writer.write({
        key: etcdKey,
        expected,
        writeId,
        size: encoded.body.length,
        operations: (position) => {
          const value = encodeValue(encoded, writeId, context.trace, position);
          return [{ requestPut: { key: Buffer.from(etcdKey), value, lease: lease ?? 0, ignoreLease: keep } }];
        },
      });
    });
    if (!outcome.made) throw this.#conflict(key, expected === 0 ? 'exists' : 'changed', outcome);
    await this.#untilObserved(outcome.number);
    const { body, places } = encoded;
    const traceparent = context.trace ? formatTraceparent(context.trace) : undefined;
    return StoredValue.decode<T>(key, outcome.number, {
      header: { writeId, ...places, ...(traceparent ? { traceparent } : {}) },
      body,
    });
  }

  async #underLease(
    timeToLiveSeconds: number | undefined,
    write: (lease: number | undefined) => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    if (timeToLiveSeconds === undefined) return write(undefined);
    const { leases } = this.shared;
    for (let attempt = 1; ; attempt++) {
      try {
        return await write(await leases.acquire(timeToLiveSeconds));
      } catch (error) {
        const cause = error instanceof ApiError ? error.cause : error;
        if (!(cause instanceof EtcdError) || !cause.leaseNotFound || attempt > 1) throw apiErrorOf(error);
        leases.forget(timeToLiveSeconds);
      }
    }
  }

  #conflict(key: ObjectKey, reason: 'exists' | 'changed', outcome: WriteOutcome & { made: false }): StorageConflict {
    const { present } = outcome;
    if (!present) return new StorageConflict('missing', undefined);
    return new StorageConflict(reason, StoredValue.fromEtcd(key, present));
  }

  /** What a deletion deleted: from its answer, or where that was lost, from etcd's history. */
  async #lastState(key: ObjectKey, outcome: WriteOutcome & { made: true }): Promise<StoredValue<T>> {
    const kv = outcome.response?.responses[1]?.responseDeleteRange?.prevKvs[0];
    if (kv) return StoredValue.fromEtcd(key, kv);
    try {
      const last = await this.#readAt(key, revisionOf(outcome.number) - 1);
      if (last) return last;
    } catch (error) {
      throw apiErrorOf(error);
    }
    throw new ApiError('InternalError', `what was deleted at ${outcome.number} cannot be found`);
  }

  async #readAt(key: ObjectKey, revision: Revision): Promise<StoredValue<T> | undefined> {
    const { kvs } = await this.shared.client.range({ key: Buffer.from(this.#etcdKey(key)), revision });
    const [kv] = kvs;
    return kv && StoredValue.fromEtcd(key, kv);
  }

  /** The write is made, whether or not its being seen takes too long. */
  async #untilObserved(number: VersionNumber): Promise<void> {
    if (this.#decides) await this.shared.feed.waitFor(revisionOf(number), CACHE_WAIT_MS);
  }

  /** Waits until the cache has every write acknowledged before the call. */
  async #consistent(signal: AbortSignal | undefined): Promise<void> {
    const revision = await abortable(this.shared.newest.get(), signal);
    if (await this.shared.feed.waitFor(revision, CACHE_WAIT_MS, signal)) return;
    signal?.throwIfAborted();
    throw new ApiError('ServiceUnavailable', 'the watch cache does not keep up with the storage, please try again', {
      details: { retryAfterSeconds: 1 },
    });
  }

  async #reach(number: VersionNumber, signal: AbortSignal | undefined, asked = versionOf(number)): Promise<void> {
    if (await this.shared.feed.waitFor(revisionOf(number), CACHE_WAIT_MS, signal)) return;
    signal?.throwIfAborted();
    const current = lastVersionNumber(this.shared.feed.revision);
    const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
    throw new ApiError('Timeout', message, {
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    });
  }

  #etcdKey(key: ObjectKey): string {
    return this.cache.prefix + objectPath(key);
  }
}

function expectedRevision(version: string): Revision {
  const revision = revisionOf(parseVersion(version));
  if (revision === 0) throw new ApiError('BadRequest', 'a write must name the version that it replaces');
  return revision;
}

/** Stops waiting, not the work: others may wait for it too. */
function abortable<V>(promise: Promise<V>, signal: AbortSignal | undefined): Promise<V> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
