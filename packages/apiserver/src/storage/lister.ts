import { ApiError } from '@kubelab/api';
import { decodeContinueToken, encodeContinueToken } from './continue-token.js';
import type { EtcdClient } from './etcd/client.js';
import { EtcdError } from './etcd/error.js';
import type { Feed } from './feed.js';
import type { ResourceCache } from './resource-cache.js';
import type { ListPage, ListQuery, StoredObject } from './storage.js';
import { parseObjectPath, prefixEnd } from './storage-keys.js';
import { decodeValue, StoredValue } from './stored-value.js';
import { type Revision, revisionOf, versionOf } from './versions.js';

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. ' +
  'You must start a new list without the continue parameter.';
const LIST_EXPIRED = 'The resourceVersion for the provided list is too old.';

/** The state of one resource at one revision, walked in order of the paths. */
interface Snapshot {
  readonly revision: Revision;
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
    /** Waits until the cache is at the revision. */
    readonly reach: (revision: Revision, signal?: AbortSignal) => Promise<void>,
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
      const { revision, after } = decodeContinueToken(query.continueToken);
      return this.#at(revision, prefix, after, CONTINUE_EXPIRED, query.signal);
    }
    const revision = query.resourceVersion === '' ? undefined : revisionOf(query.resourceVersion);
    if (revision === undefined) await this.consistent(query.signal);
    else if (isExact(query, revision)) return this.#at(revision, prefix, '', LIST_EXPIRED, query.signal);
    else await this.reach(revision, query.signal);
    return this.#newest(prefix);
  }

  #newest(prefix: string): Snapshot {
    return {
      revision: this.feed.revision,
      paths: this.cache.paths(prefix, ''),
      object: (path) => this.cache.get(path),
    };
  }

  async #at(
    revision: Revision,
    prefix: string,
    after: string,
    expired: string,
    signal?: AbortSignal,
  ): Promise<Snapshot> {
    await this.reach(revision, signal);
    if (revision < Math.max(this.cache.window.floor, this.cache.completeSince)) {
      return this.#fromEtcd(revision, prefix, after, expired, signal);
    }
    const overlay = this.cache.overlayAt(revision, prefix);
    return {
      revision,
      paths: this.cache.pathsWith(overlay, prefix, after),
      object: (path) => (overlay.has(path) ? overlay.get(path) : this.cache.get(path)),
    };
  }

  async #fromEtcd(
    revision: Revision,
    prefix: string,
    after: string,
    expired: string,
    signal?: AbortSignal,
  ): Promise<Snapshot> {
    const start = `${this.cache.prefix}${after === '' ? prefix : `${after}\0`}`;
    try {
      const rangeEnd = prefixEnd(this.cache.prefix + prefix);
      const { kvs } = await this.client.range({ key: Buffer.from(start), rangeEnd, revision }, { signal });
      const objects = new Map<string, StoredObject>();
      for (const kv of kvs) {
        const path = kv.key.toString('utf8', this.cache.prefix.length);
        objects.set(path, StoredValue.decode(parseObjectPath(path), kv.modRevision, decodeValue(kv.value)));
      }
      return { revision, paths: [...objects.keys()], object: (path) => objects.get(path) };
    } catch (error) {
      if (error instanceof EtcdError && error.compacted) throw new ApiError('Expired', expired, { cause: error });
      throw error;
    }
  }
}

/** Kubernetes reads "at this version, by pages" as Exact even where it is not said. */
function isExact(query: ListQuery, revision: Revision): boolean {
  if (query.resourceVersionMatch === 'Exact') return true;
  return query.resourceVersionMatch === '' && query.limit > 0 && revision > 0;
}

function page(snapshot: Snapshot, query: ListQuery): ListPage {
  const items: StoredObject[] = [];
  const version = versionOf(snapshot.revision);
  let last = '';
  for (const [index, path] of snapshot.paths.entries()) {
    const object = snapshot.object(path);
    if (!object || (query.matches && !query.matches(object.object))) continue;
    if (query.limit > 0 && items.length === query.limit) {
      const continueToken = encodeContinueToken({ revision: snapshot.revision, after: last });
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
