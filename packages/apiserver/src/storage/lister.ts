import { ApiError } from '@kubelab/api';
import { decodeContinueToken, encodeContinueToken } from './continue-token.js';
import type { EtcdClient } from './etcd/client.js';
import { EtcdError } from './etcd/error.js';
import type { Feed } from './feed.js';
import type { ResourceCache } from './resource-cache.js';
import type { ListPage, ListQuery, StoredObject } from './storage.js';
import { DELETION_KEY, parseObjectPath, prefixEnd } from './storage-keys.js';
import { decodeValue, StoredValue } from './stored-value.js';
import {
  lastVersionNumber,
  parseVersion,
  positionOf,
  type Revision,
  revisionOf,
  type VersionNumber,
  versionOf,
} from './versions.js';

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. ' +
  'You can start a new list without the continue parameter, or use the continue token in this response to retrieve ' +
  'the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that ' +
  'were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
const LIST_EXPIRED = 'The resourceVersion for the provided list is too old.';

/** The state of one resource at one version of the store, walked in order of the paths. */
interface Snapshot {
  readonly number: VersionNumber;
  /** Behind the query's start, each in the query's namespace. */
  readonly paths: readonly string[];
  object(path: string): StoredObject | undefined;
}

/** Lists of one resource: from its cache, or from etcd where the cache does not go back so far. */
export class Lister {
  constructor(
    readonly cache: ResourceCache,
    readonly feed: Feed,
    readonly client: EtcdClient,
    /** Waits until the cache has everything acknowledged before the call. */
    readonly consistent: (signal?: AbortSignal) => Promise<void>,
    /** Waits until the cache is at the version, which the client gave as `asked`. */
    readonly reach: (number: VersionNumber, signal?: AbortSignal, asked?: string) => Promise<void>,
    /** What the store has forgotten everything before. */
    readonly forgotten: () => Revision,
  ) {}

  async list(query: ListQuery): Promise<ListPage> {
    return page(await this.#snapshot(query), query);
  }

  async #snapshot(query: ListQuery): Promise<Snapshot> {
    const prefix = query.namespace === '' ? '' : `${query.namespace}/`;
    if (query.continueToken !== '') {
      if (query.resourceVersion !== '' && query.resourceVersion !== '0') {
        throw new ApiError('BadRequest', 'specifying resource version is not allowed when using continue');
      }
      const { number, after } = decodeContinueToken(query.continueToken);
      if (number === undefined) {
        await this.consistent(query.signal);
        return this.#newest(prefix, after);
      }
      return this.#at(number, prefix, after, query.signal);
    }
    const number = query.resourceVersion === '' ? undefined : parseVersion(query.resourceVersion);
    if (number === undefined) await this.consistent(query.signal);
    else await this.reach(number, query.signal, query.resourceVersion);
    if (number !== undefined && isExact(query, number)) return this.#at(number, prefix, '', query.signal);
    return this.#newest(prefix, '');
  }

  #newest(prefix: string, after: string): Snapshot {
    return {
      number: lastVersionNumber(this.feed.revision),
      paths: this.cache.paths(prefix, after),
      object: (path) => this.cache.get(path),
    };
  }

  /** `after` is "" for the first page. */
  async #at(number: VersionNumber, prefix: string, after: string, signal?: AbortSignal): Promise<Snapshot> {
    await this.reach(number, signal);
    // As in Kubernetes, old states end with the compaction, though the cache may go back further.
    if (revisionOf(number) < this.forgotten()) throw expired(after);
    if (number < Math.max(this.cache.window.floor, this.cache.completeSince)) {
      return this.#fromEtcd(number, prefix, after, signal);
    }
    const overlay = this.cache.overlayAt(number, prefix);
    return {
      number,
      paths: this.cache.pathsWith(overlay, prefix, after),
      object: (path) => (overlay.has(path) ? overlay.get(path) : this.cache.get(path)),
    };
  }

  async #fromEtcd(number: VersionNumber, prefix: string, after: string, signal?: AbortSignal): Promise<Snapshot> {
    const start = `${this.cache.prefix}${after === '' ? prefix : `${after}\0`}`;
    const revision = revisionOf(number);
    try {
      const rangeEnd = prefixEnd(this.cache.prefix + prefix);
      const { kvs } = await this.client.range({ key: Buffer.from(start), rangeEnd, revision }, { signal });
      const objects = new Map<string, StoredValue>();
      for (const kv of kvs) {
        const path = kv.key.toString('utf8', this.cache.prefix.length);
        objects.set(path, StoredValue.fromEtcd(parseObjectPath(path), kv));
      }
      // Of a transaction etcd knows only the whole: what it was halfway through cannot be told any more.
      const goesOn = [...objects.values()].some((object) => object.number > number);
      if (goesOn || (await this.#deletesAfter(number, signal))) throw expired(after);
      return { number, paths: [...objects.keys()], object: (path) => objects.get(path) };
    } catch (error) {
      if (error instanceof EtcdError && error.compacted) throw expired(after, error);
      throw error;
    }
  }

  /** Whether the transaction of that version goes on with deletions, of whatever kind. */
  async #deletesAfter(number: VersionNumber, signal?: AbortSignal): Promise<boolean> {
    const revision = revisionOf(number);
    if (number === lastVersionNumber(revision)) return false;
    const request = { key: Buffer.from(DELETION_KEY), rangeEnd: prefixEnd(DELETION_KEY), revision };
    const { kvs } = await this.client.range(request, { signal });
    return kvs.some((kv) => {
      const { header } = decodeValue(kv.value);
      return kv.modRevision === revision && (header.position ?? 0) > positionOf(number);
    });
  }
}

/** 410. Who was halfway through gets a token to go on with, over whatever is there by then. */
function expired(after: string, cause?: unknown): ApiError {
  if (after === '') return new ApiError('Expired', LIST_EXPIRED, { cause });
  const metadata = { continue: encodeContinueToken({ number: undefined, after }) };
  return new ApiError('Expired', CONTINUE_EXPIRED, { cause, metadata });
}

/** Kubernetes reads "at this version, by pages" as Exact even where it is not said. */
function isExact(query: ListQuery, number: VersionNumber): boolean {
  if (query.resourceVersionMatch === 'Exact') return true;
  return query.resourceVersionMatch === '' && query.limit > 0 && number > 0;
}

function page(snapshot: Snapshot, query: ListQuery): ListPage {
  const items: StoredObject[] = [];
  const version = versionOf(snapshot.number);
  let last = '';
  for (const [index, path] of snapshot.paths.entries()) {
    const object = snapshot.object(path);
    if (!object || (query.matches && !query.matches(object))) continue;
    if (query.limit > 0 && items.length === query.limit) {
      const continueToken = encodeContinueToken({ number: snapshot.number, after: last });
      return {
        items,
        version,
        continueToken,
        remainingItemCount: query.matches ? undefined : countFrom(snapshot, index),
      };
    }
    items.push(object);
    last = path;
  }
  return { items, version, continueToken: '', remainingItemCount: undefined };
}

function countFrom(snapshot: Snapshot, start: number): number {
  let count = 0;
  for (let index = start; index < snapshot.paths.length; index++) {
    if (snapshot.object(snapshot.paths[index] ?? '')) count++;
  }
  return count;
}
