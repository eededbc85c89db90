import { setTimeout as delay } from 'node:timers/promises';
import { parseTraceparent, type TraceContext } from '@kubelab/runtime';
import type { EtcdClient } from './etcd/client.js';
import { EtcdError, GrpcCode } from './etcd/error.js';
import { type Event, EventType, type KeyValue, type WatchResponse } from './etcd/messages.js';
import type { PendingWrites } from './pending-writes.js';
import type { CacheChange, ResourceCache } from './resource-cache.js';
import { DELETION_KEY, prefixEnd, splitKey } from './storage-keys.js';
import type { StorageLog } from './storage-log.js';
import { decodeValue, numberOf } from './stored-value.js';
import { type Revision, type VersionNumber, versionNumber } from './versions.js';

const EVERYTHING = Buffer.from([0]);
const PAGE_SIZE = 1_000;
/** At start the window is filled with this many past revisions, so that watches survive a restart of the apiserver. */
const HISTORY_REVISIONS = 5_000;
const FIRST_BACKOFF_MS = 20;
const LAST_BACKOFF_MS = 300;

/**
 * The one etcd watch of this apiserver, over all keys, feeding every cache.
 *
 * One watch and not one a resource, because every revision of the store then
 * passes here: to know whether a cache has reached a revision needs no progress
 * requests (which etcd before 3.4.25 answers ahead of events still under way),
 * and all resources share one notion of "now".
 */
export class Feed {
  /** Everything up to here is in the caches. */
  #revision: Revision = 0;
  #allFilled = false;
  /** etcd no longer keeps what comes after `#revision`. */
  #compacted = false;
  #changed = new AbortController();
  readonly #caches = new Map<string, ResourceCache>();
  readonly #waiters = new Set<{ revision: Revision; resolve: () => void }>();

  constructor(
    readonly client: EtcdClient,
    readonly pending: PendingWrites,
    readonly log: StorageLog,
  ) {}

  get revision(): Revision {
    return this.#revision;
  }

  /** The cache is filled at once when running, else by {@link run}. */
  add(cache: ResourceCache): void {
    this.#caches.set(cache.prefix, cache);
    this.#allFilled = false;
    // The watch pauses while the newcomer is listed at the very revision that the others have reached.
    this.#changed.abort();
  }

  /** Resolves true once the caches have reached `revision`, false when that takes longer than the limit. */
  waitFor(revision: Revision, limitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#reached(revision)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (reached: boolean): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        this.#waiters.delete(waiter);
        resolve(reached);
      };
      const giveUp = (): void => finish(false);
      const waiter = { revision, resolve: () => finish(true) };
      const timer = setTimeout(giveUp, limitMs);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiters.add(waiter);
      if (signal?.aborted) giveUp();
    });
  }

  /** Feeds until aborted. Rejects only where etcd's data has been replaced by an older state. */
  async run(signal: AbortSignal): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!signal.aborted) {
      const before = this.#revision;
      try {
        await this.#synchronize(signal);
        await this.#watch(signal);
        backoffMs = FIRST_BACKOFF_MS;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof DataReplaced) throw error;
        if (this.#revision > before) backoffMs = FIRST_BACKOFF_MS;
        this.log.warn({ err: error, revision: this.#revision }, 'etcd watch interrupted, resuming');
        await delay(backoffMs, undefined, { signal }).catch(() => {});
        backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
      }
    }
  }

  /** Makes every cache stand at one revision that the watch can go on from. */
  async #synchronize(signal: AbortSignal): Promise<void> {
    this.#changed = new AbortController();
    const newest = await this.#newestRevision(signal);
    if (newest < this.#revision) throw new DataReplaced(this.#revision, newest);
    if (this.#revision === 0) this.#revision = await this.#oldestUseful(newest, signal);
    if (this.#compacted) await this.#relist(newest, signal);
    const revision = this.#revision;
    for (const cache of this.#unfilled()) {
      const kvs = await this.#list(cache.prefix, revision, signal).catch((error: unknown) => {
        if (error instanceof EtcdError && error.compacted) this.#compacted = true;
        throw error;
      });
      cache.fill(kvs, revision);
    }
    this.#allFilled = this.#unfilled().length === 0;
    this.#advance(revision);
  }

  /** History is gone: what differs now is told as events. */
  async #relist(newest: Revision, signal: AbortSignal): Promise<void> {
    this.log.warn({ from: this.#revision, to: newest }, 'etcd has compacted past the watch, listing anew');
    const filled = [...this.#caches.values()].filter((cache) => cache.filled);
    const listed = await Promise.all(filled.map((cache) => this.#list(cache.prefix, newest, signal)));
    this.pending.historyLost();
    filled.forEach((cache, index) => {
      cache.replace(listed[index] ?? [], newest);
    });
    this.#compacted = false;
    this.#advance(newest);
    for (const cache of filled) cache.wake();
  }

  async #newestRevision(signal: AbortSignal): Promise<Revision> {
    const response = await this.client.range({ key: Buffer.from(DELETION_KEY), countOnly: true }, { signal });
    return response.header?.revision ?? 0;
  }

  /** Where to begin, so that the window holds the store's last revisions as far as etcd keeps them. */
  async #oldestUseful(newest: Revision, signal: AbortSignal): Promise<Revision> {
    const wanted = Math.max(newest - HISTORY_REVISIONS, 1);
    try {
      await this.client.range({ key: Buffer.from(DELETION_KEY), countOnly: true, revision: wanted }, { signal });
      return wanted;
    } catch (error) {
      if (!(error instanceof EtcdError) || !error.compacted) throw error;
    }
    let kept = newest;
    // etcd names the oldest revision that it keeps to a watch that asks for older ones, and nowhere else.
    await this.#stream(wanted, signal, (response) => {
      if (response.canceled) kept = response.compactRevision;
      return response.canceled ? 'stop' : 'go on';
    });
    return kept;
  }

  async #list(prefix: string, revision: Revision, signal: AbortSignal): Promise<KeyValue[]> {
    const kvs: KeyValue[] = [];
    let key = Buffer.from(prefix);
    for (;;) {
      const request = { key, rangeEnd: prefixEnd(prefix), limit: PAGE_SIZE, revision };
      const page = await this.client.range(request, { signal });
      kvs.push(...page.kvs);
      const last = page.kvs.at(-1);
      if (!page.more || !last) return kvs;
      key = Buffer.concat([last.key, EVERYTHING]);
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, this.#changed.signal]);
    let fragments: Event[] = [];
    await this.#stream(this.#revision + 1, stop, (response) => {
      if (response.canceled) {
        this.#compacted = response.compactRevision > 0;
        throw new EtcdError(GrpcCode.outOfRange, `etcd ended the watch: ${response.cancelReason}`, true);
      }
      for (const event of response.events) fragments.push(event);
      if (response.fragment) return 'go on';
      if (fragments.length > 0) this.#applyEvents(fragments);
      // Without events it is progress: etcd sends it only to a watch that has had everything up to here.
      else if (!response.created) this.#advance(response.header?.revision ?? 0);
      fragments = [];
      return 'go on';
    });
  }

  /** Reads one watch stream until `on` says stop, the signal, or an error. */
  async #stream(from: Revision, signal: AbortSignal, on: (response: WatchResponse) => 'stop' | 'go on'): Promise<void> {
    if (signal.aborted) return;
    const session = await this.client.connected();
    await new Promise<void>((resolve, reject) => {
      let over = false;
      const finish = (error?: unknown): void => {
        if (over) return;
        over = true;
        signal.removeEventListener('abort', stop);
        stream.fail(new EtcdError(GrpcCode.cancelled, 'the watch is given up', true));
        if (error === undefined) resolve();
        else reject(error);
      };
      const stop = (): void => finish();
      const read = (response: WatchResponse): void => {
        if (over) return;
        try {
          if (on(response) === 'stop') finish();
        } catch (error) {
          finish(error);
        }
      };
      const request = {
        key: EVERYTHING,
        rangeEnd: EVERYTHING,
        startRevision: from,
        progressNotify: true,
        fragment: true,
      };
      const stream = this.client.watch(session, request, {
        response: read,
        end: (error) => finish(error ?? new EtcdError(GrpcCode.unavailable, 'etcd ended the watch stream', true)),
      });
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
  }

  #applyEvents(events: readonly Event[]): void {
    const woken = new Set<ResourceCache>();
    for (let start = 0; start < events.length; ) {
      const revision = revisionOfEvent(events[start]);
      let end = start + 1;
      while (end < events.length && revisionOfEvent(events[end]) === revision) end++;
      if (revision > this.#revision) this.#applyRevision(revision, events.slice(start, end), woken);
      start = end;
    }
    this.#advance(revisionOfEvent(events.at(-1)));
    for (const cache of woken) cache.wake();
  }

  /** The events of a revision come in the order of its operations: a deletion's marker just before what it deletes. */
  #applyRevision(revision: Revision, events: readonly Event[], woken: Set<ResourceCache>): void {
    let deletion: { number: VersionNumber; trace: TraceContext | undefined } | undefined;
    const changes = new Map<ResourceCache, CacheChange[]>();
    for (const { type, kv } of events) {
      if (!kv) continue;
      const key = kv.key.toString();
      const value = type === EventType.put ? decodeValue(kv.value) : undefined;
      if (value) {
        const number = numberOf(kv, value);
        this.pending.seen(value.header.writeId, number);
        const isMarker = key.startsWith(DELETION_KEY);
        deletion = isMarker ? { number, trace: parseTraceparent(value.header.traceparent) } : undefined;
      }
      const place = splitKey(key, (prefix) => this.#caches.has(prefix));
      const cache = place && this.#caches.get(place.prefix);
      // What is not filled yet will be listed at a revision that includes this one.
      if (!place || !cache?.filled) continue;
      const group = changes.get(cache) ?? [];
      changes.set(cache, group);
      const { path } = place;
      if (value) group.push({ kind: 'put', path, kv, value });
      // Without a marker it is the end of a lease, or somebody's own doing.
      else group.push({ kind: 'delete', path, ...(deletion ?? { number: versionNumber(revision), trace: undefined }) });
    }
    for (const [cache, group] of changes) {
      cache.apply(group);
      woken.add(cache);
    }
  }

  #advance(revision: Revision): void {
    if (revision > this.#revision) this.#revision = revision;
    for (const waiter of this.#waiters) if (this.#reached(waiter.revision)) waiter.resolve();
  }

  #reached(revision: Revision): boolean {
    return this.#revision >= revision && this.#allFilled;
  }

  #unfilled(): ResourceCache[] {
    return [...this.#caches.values()].filter((cache) => !cache.filled);
  }
}

/** etcd was restored from a backup or emptied: versions that clients hold mean something else now. */
class DataReplaced extends Error {
  constructor(known: Revision, found: Revision) {
    super(`etcd stands at revision ${found}, before ${known} which was seen already: its data has been replaced`);
    this.name = 'DataReplaced';
  }
}

function revisionOfEvent(event: Event | undefined): Revision {
  return event?.kv?.modRevision ?? 0;
}
