import type { KubernetesObject, Persisted } from '@kubelab/api';
import type { ResourceStorage } from '../storage/storage.js';
import { namespaceObjects } from './namespace-objects.js';

/** Every object of a kind without namespaces, as the cache has them. */
export function clusterObjects<T extends KubernetesObject>(storage: ResourceStorage<T>): () => readonly Persisted<T>[] {
  const inNamespace = namespaceObjects<T>(storage);
  return () => inNamespace('');
}
