import type { KubernetesObject, ObjectKey, ObjectList, Persisted, ResourceType } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';

export interface CallOptions {
  /** The context that this request is made on behalf of. */
  readonly trace?: TraceContext | undefined;
  readonly signal?: AbortSignal;
  /** Default 30,000. Then the call rejects with ApiError Timeout. */
  readonly timeoutMs?: number;
}

export interface WriteOptions extends CallOptions {
  readonly subresource?: string;
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

export interface ListOptions extends CallOptions {
  /** "" or absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continueToken?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'NotOlderThan' | 'Exact';
  /** The objects may come without managedFields. Default false. */
  readonly omitManagedFields?: boolean;
}

export interface WatchOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly allowBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  /** The objects may come without managedFields. Default false. */
  readonly omitManagedFields?: boolean;
}

export type PatchType = 'json' | 'merge' | 'strategic';

export interface DeleteOptions extends CallOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface WatchEvent<T extends KubernetesObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: Persisted<T>;
  /** Of the write that made this version. */
  readonly trace: TraceContext | undefined;
}

/**
 * The apiserver, over one Session stream. Every failure is an `ApiError`; a
 * lost connection is ServiceUnavailable, and the client reconnects by itself.
 * Nothing is retried: whoever called knows whether it may be.
 */
export interface ApiClient {
  get<T extends KubernetesObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    options?: WriteOptions,
  ): Promise<Persisted<T>>;
  list<T extends KubernetesObject>(resource: ResourceType<T>, options?: ListOptions): Promise<ObjectList<T>>;
  /** Ends with the signal, or rejects: ApiError Expired (410) means list again. */
  watch<T extends KubernetesObject>(resource: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  create<T extends KubernetesObject>(
    resource: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<Persisted<T>>;
  /** Creates on a subresource of `key`, such as a Binding on pods/binding. */
  createSubresource<T extends KubernetesObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    subresource: string,
    object: KubernetesObject,
    options?: CallOptions,
  ): Promise<KubernetesObject>;
  update<T extends KubernetesObject>(
    resource: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<Persisted<T>>;
  updateStatus<T extends KubernetesObject>(
    resource: ResourceType<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<Persisted<T>>;
  patch<T extends KubernetesObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<Persisted<T>>;
  /** Resolves once accepted; a grace period or finalizers may keep the object for a while. */
  delete<T extends KubernetesObject>(resource: ResourceType<T>, key: ObjectKey, options?: DeleteOptions): Promise<void>;
  /** Ends the stream and every call in flight. */
  close(): Promise<void>;
}
