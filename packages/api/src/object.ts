import type { ListMeta, ObjectMeta } from './generated/types.js';

/** What every kind has. The kinds' own types are in `generated/types.ts`. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** An object as the apiserver returns it: its identity is always there. */
export type Persisted<T extends KubernetesObject = KubernetesObject> = T & {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta & {
    name: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
  };
};

export interface ObjectList<T extends KubernetesObject = KubernetesObject> {
  apiVersion: string;
  kind: string;
  metadata: ListMeta;
  items: Persisted<T>[];
}

/** Read-only all the way down; what informers hand out. */
export type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Where an object lives. `namespace` is "" for cluster-scoped kinds. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or `name` for a cluster-scoped object. The key in work queues. */
export function keyOf(object: { metadata?: { namespace?: string; name?: string } }): string {
  const { namespace = '', name = '' } = object.metadata ?? {};
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The inverse of {@link keyOf}. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
