import { ApiError, apiVersionOf, type KubernetesObject, type ObjectKey, type ResourceType } from '@kubelab/api';
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
import { DELETION_KEY, objectPath } from './storage-keys.js';
import { decodeValue, encodeHeader, encodeValue, newWriteId, StoredValue } from './stored-value.js';
import { type Revision, revisionOf, versionOf } from './versions.js';
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
}

type WithTimeToLive = WriteContext & { timeToLiveSeconds?: number };

/** One resource in etcd: writes go there, reads come from the cache. */
export class EtcdResourceStorage<T extends KubernetesObject> implements ResourceStorage<T> {
  readonly #lister: Lister;

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
      (revision, signal) => this.#reach(revision, signal),
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
    const operations: RequestOp[] = [
      { requestPut: { key: Buffer.from(DELETION_KEY), value: Buffer.from(encodeHeader(writeId, context.trace)) } },
      { requestDeleteRange: { key: Buffer.from(etcdKey), prevKv: known === undefined } },
    ];
    const outcome = await this.shared.writer.write({ key: etcdKey, expected, writeId, operations });
    if (!outcome.made) throw this.#conflict(key, 'changed', outcome);
    const last = known ?? (await this.#lastState(key, outcome));
    return (last as StoredValue<T>).at(versionOf(outcome.revision), context.trace);
  }

  async get(key: ObjectKey, signal?: AbortSignal): Promise<StoredObject<T> | undefined> {
    try {
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

  observe(observer: (event: StoredEvent) => void): void {
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
    const asked = query.resourceVersion === '' ? undefined : revisionOf(query.resourceVersion);
    const withInitial = sendInitialEvents || asked === undefined || asked === 0;
    try {
      if (asked === undefined) await this.#consistent(signal);
      else await this.#reach(withInitial ? asked : 0, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw apiErrorOf(error);
    }
    if (!withInitial && asked < this.cache.window.floor) throw tooOld(asked, this.cache.window.floor);
    yield* readEvents(this.cache, this.shared.feed, this.shared.bookmarks, {
      namespace,
      revision: withInitial ? this.shared.feed.revision : asked,
      // By version, so that a watch broken off among them resumes without a gap.
      initial: withInitial ? this.cache.byVersion(namespace === '' ? '' : `${namespace}/`) : [],
      markEnd: sendInitialEvents,
      signal,
    });
  }

  async #put(key: ObjectKey, object: T, expected: Revision, context: WithTimeToLive): Promise<StoredObject<T>> {
    context.signal?.throwIfAborted();
    const etcdKey = this.#etcdKey(key);
    const writeId = newWriteId();
    const type = { apiVersion: apiVersionOf(this.resource), kind: this.resource.kind };
    const value = encodeValue(key, object, type, writeId, context.trace);
    const outcome = await this.#underLease(context.timeToLiveSeconds, (lease) => {
      // Without a new time to live, an update leaves the object the one that it has.
      const keep = lease === undefined && expected !== 0;
      const put = { key: Buffer.from(etcdKey), value, lease: lease ?? 0, ignoreLease: keep };
      return this.shared.writer.write({ key: etcdKey, expected, writeId, operations: [{ requestPut: put }] });
    });
    if (!outcome.made) throw this.#conflict(key, expected === 0 ? 'exists' : 'changed', outcome);
    return StoredValue.decode<T>(key, outcome.revision, decodeValue(value));
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
    return new StorageConflict(reason, StoredValue.decode(key, present.modRevision, decodeValue(present.value)));
  }

  /** What a deletion deleted: from its answer, or where that was lost, from etcd's history. */
  async #lastState(key: ObjectKey, outcome: WriteOutcome & { made: true }): Promise<StoredValue<T>> {
    const kv = outcome.response?.responses[1]?.responseDeleteRange?.prevKvs[0];
    if (kv) return StoredValue.decode(key, kv.modRevision, decodeValue(kv.value));
    try {
      const last = await this.#readAt(key, outcome.revision - 1);
      if (last) return last;
    } catch (error) {
      throw apiErrorOf(error);
    }
    throw new ApiError('InternalError', `what was deleted at ${outcome.revision} cannot be found`);
  }

  async #readAt(key: ObjectKey, revision: Revision): Promise<StoredValue<T> | undefined> {
    const { kvs } = await this.shared.client.range({ key: Buffer.from(this.#etcdKey(key)), revision });
    const [kv] = kvs;
    return kv && StoredValue.decode(key, kv.modRevision, decodeValue(kv.value));
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

  async #reach(revision: Revision, signal: AbortSignal | undefined): Promise<void> {
    if (await this.shared.feed.waitFor(revision, CACHE_WAIT_MS, signal)) return;
    signal?.throwIfAborted();
    const message = `Timeout: Too large resource version: ${revision}, current: ${this.shared.feed.revision}`;
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
  const revision = revisionOf(version);
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
