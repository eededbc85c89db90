import type { KubernetesObject, Persisted } from '@kubelab/api';

/**
 * The object without its managed fields, which the apiserver leaves as they are
 * where a write does not name them.
 */
export function withoutManagedFields<T extends KubernetesObject>(object: Persisted<T>): Persisted<T> {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return _managedFields === undefined ? object : { ...object, metadata };
}
