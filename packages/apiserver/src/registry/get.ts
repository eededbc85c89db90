import { type KubernetesObject, notFound, type ObjectKey } from '@kubelab/api';
import type { StoredObject } from '../storage/storage.js';
import type { Scope } from './scope.js';

/**
 * One object. `resourceVersion` "0" takes whatever the cache has; anything
 * else is a consistent read.
 * @throws ApiError NotFound
 */
export async function getObject<T extends KubernetesObject>(
  { resource, storage }: Scope<T>,
  key: ObjectKey,
  resourceVersion: string,
): Promise<StoredObject<T>> {
  const cached = resourceVersion === '0' ? storage.getCached(key) : undefined;
  const found = cached ?? (await storage.get(key));
  if (found === undefined) throw notFound(resource, key.name);
  return found;
}
