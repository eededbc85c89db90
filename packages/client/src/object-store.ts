import { type KubernetesObject, keyOf } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';
import { freezeInTests } from './freeze.js';
import type { Cached, Change } from './informer.js';

type IndexFunction<T extends KubernetesObject> = (object: Cached<T>) => readonly string[];

interface Entry<T extends KubernetesObject> {
  readonly object: Cached<T>;
  readonly trace: TraceContext | undefined;
}

/** Objects by key, and by the values that the indexes file them under. Each change says what differs from before. */
interface ObjectStore<T extends KubernetesObject> {
  readonly size: number;
  get(key: string): Cached<T> | undefined;
  values(): Iterable<Cached<T>>;
  keys(): Iterable<string>;
  byIndex(index: string, value: string): readonly Cached<T>[];
  hasAny(index: string, value: string): boolean;
  traceOf(key: string): TraceContext | undefined;
  /** Undefined where this very version is there already. */
  set(object: Cached<T>, trace: TraceContext | undefined): Change<T> | undefined;
  /** Undefined where there is none. `last` is the last state, where it is known. */
  delete(key: string, last: Cached<T> | undefined, trace: TraceContext | undefined): Change<T> | undefined;
}

export function createObjectStore<T extends KubernetesObject>(
  indexFunctions: Readonly<Record<string, IndexFunction<T>>>,
): ObjectStore<T> {
  const entries = new Map<string, Entry<T>>();
  const indexes = Object.entries<IndexFunction<T>>({
    namespace: (object) => [object.metadata.namespace ?? ''],
    ...indexFunctions,
  }).map(([name, valuesOf]) => ({ name, valuesOf, buckets: new Map<string, Map<string, Cached<T>>>() }));
  const bucketsOf = new Map(indexes.map(({ name, buckets }) => [name, buckets]));

  const file = (key: string, object: Cached<T>) => {
    for (const { valuesOf, buckets } of indexes) {
      for (const value of valuesOf(object)) {
        const bucket = buckets.get(value);
        if (bucket) bucket.set(key, object);
        else buckets.set(value, new Map([[key, object]]));
      }
    }
  };
  const unfile = (key: string, object: Cached<T>) => {
    for (const { valuesOf, buckets } of indexes) {
      for (const value of valuesOf(object)) {
        const bucket = buckets.get(value);
        bucket?.delete(key);
        if (bucket?.size === 0) buckets.delete(value);
      }
    }
  };

  const bucketOf = (index: string, value: string) => {
    const buckets = bucketsOf.get(index);
    if (!buckets) throw new RangeError(`there is no index "${index}"`);
    return buckets.get(value);
  };

  return {
    get size() {
      return entries.size;
    },
    get: (key) => entries.get(key)?.object,
    *values() {
      for (const entry of entries.values()) yield entry.object;
    },
    keys: () => entries.keys(),
    byIndex: (index, value) => [...(bucketOf(index, value)?.values() ?? [])],
    hasAny: (index, value) => bucketOf(index, value) !== undefined,
    traceOf: (key) => entries.get(key)?.trace,
    set(object, trace) {
      const key = keyOf(object);
      const old = entries.get(key)?.object;
      if (old?.metadata.resourceVersion === object.metadata.resourceVersion) return undefined;
      freezeInTests(object);
      if (old) unfile(key, old);
      entries.set(key, { object, trace });
      file(key, object);
      return { type: old ? 'modified' : 'added', key, object, old, trace };
    },
    delete(key, last, trace) {
      const present = entries.get(key);
      if (!present) return undefined;
      if (last) freezeInTests(last);
      entries.delete(key);
      unfile(key, present.object);
      return { type: 'deleted', key, object: last ?? present.object, old: undefined, trace };
    },
  };
}
