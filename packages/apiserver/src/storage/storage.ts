import type { KubernetesObject, ObjectKey, Persisted, ResourceType } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';

/** What the selectors of a kind look at in one of its objects. */
export interface SelectableFacts {
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** Values of the kind's `selectableFields`, in their order. */
  readonly fields: readonly string[];
}

/** One version of one object. Frozen: whoever wants to change it copies it. */
export interface StoredObject<T extends KubernetesObject = KubernetesObject> {
  readonly key: ObjectKey;
  /** Parsed when first looked at, and anew where that was long ago: it may be another, equal one each time. */
  readonly object: Persisted<T>;
  /**
   * What `read` finds in the object: read once, and kept longer than the parsed object.
   * Whoever asks gives the same `read` for the kind.
   */
  facts(read: (object: Persisted<T>) => SelectableFacts): SelectableFacts;
  /** The object as JSON, resourceVersion included; encoded once, whoever reads it. */
  readonly encoded: Buffer;
  /** The same without metadata.managedFields, where they can be left out without looking for them. */
  readonly encodedWithoutManagedFields?: Buffer;
  /** metadata.resourceVersion. Compare with `compareVersions` of versions.ts alone. */
  readonly version: string;
  /** Of the write that made this version. */
  readonly trace: TraceContext | undefined;
}

export interface StoredEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /**
   * For DELETED: the last state, with the deletion's version. Objects whose
   * common lease ran out go at one revision: all but the last then carry the
   * version before it, so that who resumes there hears of all of them again.
   */
  readonly current: StoredObject;
  /** Undefined for ADDED. A watch with selectors needs it: what stops matching is DELETED to it. */
  readonly previous: StoredObject | undefined;
}

export interface WriteContext {
  readonly trace?: TraceContext | undefined;
  readonly signal?: AbortSignal;
}

/** Why a write was not made. The registry words it for the client. */
export class StorageConflict extends Error {
  constructor(
    readonly reason: 'exists' | 'missing' | 'changed',
    /** What is there now, where something is. */
    readonly present: StoredObject | undefined,
  ) {
    super(`storage conflict: ${reason}`);
    this.name = 'StorageConflict';
  }
}

export interface ListQuery {
  /** "" for all namespaces. */
  readonly namespace: string;
  /** Counted after `matches`; 0 for no limit. */
  readonly limit: number;
  readonly continueToken: string;
  /** As Kubernetes: unset "" = the newest; "0" = whatever the cache has; else NotOlderThan or Exact. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: '' | 'NotOlderThan' | 'Exact';
  readonly matches?: (object: StoredObject) => boolean;
  readonly signal?: AbortSignal;
}

export interface ListPage {
  readonly items: readonly StoredObject[];
  /** The snapshot's version: a watch from it misses nothing and repeats nothing. */
  readonly version: string;
  /** "" when this was the last page. */
  readonly continueToken: string;
  readonly remainingItemCount: number | undefined;
}

export interface WatchQuery {
  readonly namespace: string;
  /** "" or "0": from now, after what is there unless `sendInitialEvents` is false. Else: after this version. */
  readonly resourceVersion: string;
  /**
   * True: first what is there, as ADDED in the order of the versions, then a bookmark with `initialEventsEnd`.
   * Undefined: only for "" and "0", and without the bookmark (Kubernetes' "Get State and Start").
   */
  readonly sendInitialEvents: boolean | undefined;
  /** Ends the iteration, without an error. */
  readonly signal: AbortSignal;
}

export type WatchItem =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  | { readonly kind: 'bookmark'; readonly version: string; readonly initialEventsEnd: boolean };

/**
 * The storage of one resource: writes to etcd, reads from the watch cache.
 *
 * While etcd is away, every call answers within eight seconds: ApiError
 * ServiceUnavailable where nothing was done, Timeout where a write may have been
 * made and that cannot be known. TooManyRequests: too many writes in flight.
 * RequestEntityTooLarge: the object is larger than etcd takes (1.5 MiB).
 *
 * Watch guarantees, each with a case in the contract suite: ordered, unique,
 * reliable, atomic, resumable at any delivered version, bookmarkable; past the
 * window the watch rejects with ApiError Expired.
 */
export interface ResourceStorage<T extends KubernetesObject = KubernetesObject> {
  readonly resource: ResourceType<T>;
  /** @throws StorageConflict 'exists' */
  create(key: ObjectKey, object: T, context: WriteContext & { timeToLiveSeconds?: number }): Promise<StoredObject<T>>;
  /** @throws StorageConflict 'missing' | 'changed' */
  update(
    key: ObjectKey,
    object: T,
    expectedVersion: string,
    /** Without a new time to live the object keeps the one that it has. */
    context: WriteContext & { timeToLiveSeconds?: number },
  ): Promise<StoredObject<T>>;
  /** Resolves with the last state, carrying the deletion's version. @throws StorageConflict 'missing' | 'changed' */
  delete(key: ObjectKey, expectedVersion: string, context: WriteContext): Promise<StoredObject<T>>;
  /**
   * A consistent read: sees every write acknowledged before the call. With `notOlderThan`: what the cache has, once
   * it has reached that version.
   */
  get(key: ObjectKey, signal?: AbortSignal, notOlderThan?: string): Promise<StoredObject<T> | undefined>;
  /** What the cache has now, perhaps a moment old. For resourceVersion=0 and for finding a patch's base. */
  getCached(key: ObjectKey): StoredObject<T> | undefined;
  /**
   * For what is derived from the objects: called with each as ADDED once the cache is filled, then with each event
   * before anybody can read it. Must not throw, and looks at the object only where it must: it is parsed then.
   * Where it `decides` about requests, a write of the resource by this server resolves only once the observer has
   * seen it: whoever makes a quota or a role is answered when it holds.
   */
  observe(observer: (event: StoredEvent) => void, options?: { readonly decides?: boolean }): void;
  list(query: ListQuery): Promise<ListPage>;
  /**
   * Bounded: a reader that falls behind by more than its buffer is dropped
   * (the iteration rejects), never buffered without end.
   */
  watch(query: WatchQuery): AsyncIterable<WatchItem>;
}

/** All of etcd that the apiserver uses. Built closed; `run` opens it. */
export interface Storage {
  forResource<T extends KubernetesObject>(resource: ResourceType<T>): ResourceStorage<T>;
  /** Raw, compared writes for what is not an object: allocation ranges. Undefined: absent. */
  getRaw(key: string): Promise<{ value: Buffer; version: string } | undefined>;
  /** The new version; undefined: it had changed. `expectedVersion` "" means absent. */
  putRaw(key: string, value: Buffer, expectedVersion: string): Promise<string | undefined>;
  /** Resolves once all caches are filled and have caught up with etcd. */
  ready(signal?: AbortSignal): Promise<void>;
  /** Rejects when etcd does not answer a linearized read within 2 s. */
  checkHealth(): Promise<void>;
  /** Resolves once aborted. Rejects only where etcd's data has been replaced by an older state: start anew then. */
  run(signal: AbortSignal): Promise<void>;
}
