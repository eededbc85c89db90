import { isApiError, type KubernetesObject, type ObjectKey, type Persisted, type ResourceType } from '@kubelab/api';
import type { ApiClient, DeleteOptions, WriteOptions } from './api-client.js';

/** The object, or undefined where there is none. */
export async function getIfPresent<T extends KubernetesObject>(
  client: Pick<ApiClient, 'get'>,
  resource: ResourceType<T>,
  key: ObjectKey,
  options?: WriteOptions,
): Promise<Persisted<T> | undefined> {
  try {
    return await client.get(resource, key, options);
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/**
 * Deletes the object; false where there is none. With a precondition on its
 * uid, another object that has taken the name counts as none.
 */
export async function deleteIfPresent<T extends KubernetesObject>(
  client: Pick<ApiClient, 'delete'>,
  resource: ResourceType<T>,
  key: ObjectKey,
  options?: DeleteOptions,
): Promise<boolean> {
  try {
    await client.delete(resource, key, options);
    return true;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return false;
    const byUidAlone = options?.preconditions?.uid !== undefined && options.preconditions.resourceVersion === undefined;
    if (byUidAlone && isApiError(error, 'Conflict')) return false;
    throw error;
  }
}
