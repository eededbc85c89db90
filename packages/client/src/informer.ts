import type { DeepReadonly, KubernetesObject, Persisted } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';

export type Cached<T extends KubernetesObject> = DeepReadonly<Persisted<T>>;

export interface Change<T extends KubernetesObject> {
  readonly type: 'added' | 'modified' | 'deleted';
  /** `namespace/name`. */
  readonly key: string;
  /** The present version; for `deleted`, the last that was seen. */
  readonly object: Cached<T>;
  /** The version before, for `modified`. */
  readonly old: Cached<T> | undefined;
  readonly trace: TraceContext | undefined;
}

/** A local, read-only copy of a resource, kept current by one list and one watch. */
export interface Informer<T extends KubernetesObject> {
  /** Lists, then watches, relisting after 410 and reconnecting with back-off, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves once the first list is in and its changes have been handed to the handlers. */
  synced(signal?: AbortSignal): Promise<void>;
  get(key: string): Cached<T> | undefined;
  list(): Iterable<Cached<T>>;
  readonly size: number;
  /** All objects that the named index files under `value`. */
  byIndex(index: string, value: string): readonly Cached<T>[];
  /** Whether the named index files any object under `value`: cheap, where `byIndex` copies. */
  hasAny(index: string, value: string): boolean;
  /** The trace context of the write that made the cached version. */
  traceOf(key: string): TraceContext | undefined;
  /** Called in order, synchronously, after the copy has been changed. Only enqueue keys here. */
  onChange(handler: (change: Change<T>) => void): void;
}

export interface InformerOptions<T extends KubernetesObject> {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Index name → the values that an object is filed under. `namespace` is always there. */
  readonly indexes?: Readonly<Record<string, (object: Cached<T>) => readonly string[]>>;
}
