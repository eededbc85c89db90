import { type KubernetesObject, notFound, type ObjectKey } from '@kubelab/api';
import type { StoredObject } from '../storage/storage.js';
import type { Scope } from './scope.js';

/**
 * One object. `resourceVersion` "" is a consistent read, "0" takes whatever the
 * cache has, anything else what is not older than that.
 * @throws ApiError NotFound, BadRequest (no version), Timeout (a version of the future)
 */
export async function getObject<T extends KubernetesObject>(
  { resource, storage }: Scope<T>,
  key: ObjectKey,
  resourceVersion: string,
): Promise<StoredObject<T>> {
  const cached = resourceVersion === '0' ? storage.getCached(key) : undefined;
  const notOlderThan = resourceVersion === '0' ? '' : resourceVersion;
  const found = cached ?? (await storage.get(key, undefined, notOlderThan));
  if (found === undefined) throw notFound(resource, key.name);
  return found;
}
