import { ApiError, type KubernetesObject, type ResourceType } from '@kubelab/api';
import { Compactor } from './compactor.js';
import { EtcdClient, type EtcdClientOptions } from './etcd/client.js';
import { apiErrorOf } from './etcd-failure.js';
import type { WindowLimits } from './event-window.js';
import { Feed } from './feed.js';
import { LeasePool } from './lease-pool.js';
import { NewestRevision } from './newest-revision.js';
import { PendingWrites } from './pending-writes.js';
import { ResourceCache } from './resource-cache.js';
import { EtcdResourceStorage, type SharedParts } from './resource-storage.js';
import type { ResourceStorage, Storage } from './storage.js';
import { DELETION_KEY, ROOT, resourcePrefix } from './storage-keys.js';
import type { StorageLog } from './storage-log.js';
import { decodeValue, encodeHeader, newWriteId, numberOf } from './stored-value.js';
import { TransactionBatcher } from './transaction-batcher.js';
import { parseVersion, revisionOf, versionOf } from './versions.js';
import { Writer } from './writer.js';

export interface EtcdStorageOptions extends EtcdClientOptions {
  readonly log: StorageLog;
  /** Of past events, per resource. Default 10,000 events, 32 MiB, 5 minutes. */
  readonly window?: Partial<WindowLimits>;
  /** Default 60,000 ms. */
  readonly bookmarkIntervalMs?: number;
  /** Default 300,000 ms; 0: this apiserver never compacts. */
  readonly compactionIntervalMs?: number;
}

const WINDOW: WindowLimits = { count: 10_000, bytes: 32 * 1024 * 1024, ageMs: 300_000 };
const HEALTH_LIMIT_MS = 2_000;
const READY_POLL_MS = 1_000;

/** {@link Storage} on etcd v3. Building it opens nothing. */
export class EtcdStorage implements Storage {
  readonly compactor: Compactor;
  readonly #options: EtcdStorageOptions;
  readonly #client: EtcdClient;
  readonly #pending = new PendingWrites();
  readonly #feed: Feed;
  readonly #shared: SharedParts;
  readonly #resources = new Map<string, EtcdResourceStorage<KubernetesObject>>();
  readonly #bookmarks = { ticks: 0 };

  constructor(options: EtcdStorageOptions) {
    this.#options = options;
    this.#client = new EtcdClient(options);
    this.#feed = new Feed(this.#client, this.#pending, options.log);
    this.compactor = new Compactor(this.#client, options.compactionIntervalMs ?? 300_000, options.log);
    this.#shared = {
      client: this.#client,
      feed: this.#feed,
      writer: new Writer(
        new TransactionBatcher(this.#client),
        this.#client.requestTimeoutMs,
        this.#feed,
        this.#pending,
      ),
      leases: new LeasePool(this.#client),
      newest: new NewestRevision(this.#client),
      bookmarks: this.#bookmarks,
      compactor: this.compactor,
    };
  }

  forResource<T extends KubernetesObject>(resource: ResourceType<T>): ResourceStorage<T> {
    const prefix = resourcePrefix(resource);
    const known = this.#resources.get(prefix);
    if (known) return known as unknown as ResourceStorage<T>;
    const cache = new ResourceCache(prefix, { ...WINDOW, ...this.#options.window }, (key, error) => {
      this.#options.log.error({ err: error, key }, 'a stored value is no object and is left out');
    });
    const storage = new EtcdResourceStorage(resource, cache, this.#shared);
    this.#resources.set(prefix, storage as unknown as EtcdResourceStorage<KubernetesObject>);
    this.#feed.add(cache);
    return storage;
  }

  /** How many objects there are of each kind, as far as the caches know. */
  *objectCounts(): Generator<{ resource: ResourceType; count: number }, void> {
    for (const { resource, cache } of this.#resources.values()) yield { resource, count: cache.size };
  }

  async getRaw(key: string): Promise<{ value: Buffer; version: string } | undefined> {
    try {
      const { kvs } = await this.#client.range({ key: Buffer.from(rawKey(key)) });
      const [kv] = kvs;
      if (!kv) return undefined;
      const decoded = decodeValue(kv.value);
      return { value: decoded.body, version: versionOf(numberOf(kv, decoded)) };
    } catch (error) {
      throw apiErrorOf(error);
    }
  }

  async putRaw(key: string, value: Buffer, expectedVersion: string): Promise<string | undefined> {
    const writeId = newWriteId();
    const stored = rawKey(key);
    const outcome = await this.#shared.writer.write({
      key: stored,
      expected: expectedVersion === '' ? 0 : revisionOf(parseVersion(expectedVersion)),
      writeId,
      size: value.length,
      operations: (position) => {
        const withHeader = Buffer.concat([encodeHeader(writeId, undefined, { position }), value]);
        return [{ requestPut: { key: Buffer.from(stored), value: withHeader } }];
      },
    });
    return outcome.made ? versionOf(outcome.number) : undefined;
  }

  async ready(signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      try {
        const newest = await this.#shared.newest.get();
        if (await this.#feed.waitFor(newest, READY_POLL_MS, signal)) return;
      } catch (error) {
        this.#options.log.warn({ err: error }, 'waiting for etcd');
      }
    }
  }

  async checkHealth(): Promise<void> {
    try {
      await this.#client.range({ key: Buffer.from(DELETION_KEY), countOnly: true }, { timeoutMs: HEALTH_LIMIT_MS });
    } catch (error) {
      throw apiErrorOf(error);
    }
  }

  /** Resolves once aborted. Rejects only where etcd's data has been replaced by an older state. */
  async run(signal: AbortSignal): Promise<void> {
    const interval = this.#options.bookmarkIntervalMs ?? 60_000;
    const ticker = setInterval(() => this.#tickBookmarks(), interval);
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const compaction = this.#options.compactionIntervalMs === 0 ? Promise.resolve() : this.compactor.run(either);
    try {
      await this.#feed.run(either);
    } finally {
      clearInterval(ticker);
      stop.abort();
      await compaction;
      this.#client.close();
    }
  }

  #tickBookmarks(): void {
    this.#bookmarks.ticks++;
    const nowMs = performance.now();
    for (const { cache } of this.#resources.values()) {
      cache.window.dropOld(nowMs);
      cache.wake();
    }
  }
}

/** Raw keys live among the rest, and never where an object could. */
function rawKey(key: string): string {
  if (!/^[a-z0-9.-]+(\/[a-z0-9.-]+)*$/.test(key)) throw new ApiError('InternalError', `not a raw key: ${key}`);
  return `${ROOT}${key}`;
}
