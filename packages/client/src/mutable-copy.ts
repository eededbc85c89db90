import type { KubernetesObject, Persisted } from '@kubelab/api';
import type { Cached } from './informer.js';

/** A deep copy of what an informer holds, to change and to write. */
export function mutableCopy<T extends KubernetesObject>(cached: Cached<T>): Persisted<T> {
  return structuredClone(cached) as unknown as Persisted<T>;
}
