import type { KubernetesObject, Persisted } from '@kubelab/api';
import type { ResourceStorage, StoredEvent } from '../storage/storage.js';

/**
 * The objects of a kind by their namespace, as the cache has them: for kinds
 * that every request of a namespace asks for, and of which most have none.
 */
export function namespaceObjects<T extends KubernetesObject>(
  storage: ResourceStorage<T>,
): (namespace: string) => readonly Persisted<T>[] {
  const names = new Map<string, Set<string>>();
  const observer = ({ type, current }: StoredEvent): void => {
    const { namespace, name } = current.key;
    const present = names.get(namespace);
    if (type !== 'DELETED') {
      if (present) present.add(name);
      else names.set(namespace, new Set([name]));
      return;
    }
    present?.delete(name);
    if (present?.size === 0) names.delete(namespace);
  };
  storage.observe(observer, { decides: true });
  return (namespace) => {
    const present = names.get(namespace);
    if (present === undefined) return [];
    return [...present].sort().flatMap((name) => storage.getCached({ namespace, name })?.object ?? []);
  };
}
