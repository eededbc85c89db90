import { isApiError, type KubernetesObject, type Persisted, type ResourceType } from '@kubelab/api';
import type { ApiClient, WriteOptions } from './api-client.js';

/** Creates the object, or returns the one of its name that is there already. */
export async function createOrGet<T extends KubernetesObject>(
  client: Pick<ApiClient, 'create' | 'get'>,
  resource: ResourceType<T>,
  object: T,
  options?: WriteOptions,
): Promise<{ object: Persisted<T>; created: boolean }> {
  try {
    return { object: await client.create(resource, object, options), created: true };
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    const { namespace = '', name = '' } = object.metadata ?? {};
    return { object: await client.get(resource, { namespace, name }, options), created: false };
  }
}
