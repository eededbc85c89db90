import type { KubernetesObject, ObjectKey, Persisted, ResourceType } from '@kubelab/api';
import type { Storage } from '../storage/storage.js';

/** Finds the objects that tokens name. */
export interface TokenObjects {
  /** With `uid`, another object of the same name counts only once it has been seen to be the newest. */
  find<T extends KubernetesObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    uid?: string,
  ): Promise<Persisted<T> | undefined>;
}

/** From the cache; where it lacks the object, another apiserver may just have made it, so the store is asked. */
export function createTokenObjects(storage: Storage): TokenObjects {
  return {
    async find(resource, key, uid) {
      const stored = storage.forResource(resource);
      const cached = stored.getCached(key)?.object;
      if (cached !== undefined && (uid === undefined || cached.metadata.uid === uid)) return cached;
      return (await stored.get(key))?.object;
    },
  };
}
