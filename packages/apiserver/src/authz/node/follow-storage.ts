import {
  type KubernetesObject,
  type Persisted,
  persistentVolumes,
  pods,
  type ResourceType,
  volumeAttachments,
} from '@kubelab/api';
import type { Storage, StoredObject } from '../../storage/storage.js';
import { NodeGraph } from './node-graph.js';

/**
 * A graph that follows the storage. What has changed is looked at when the graph
 * is next asked, once for each object: most changes of pods no kubelet asks about.
 */
export function followStorage(storage: Storage): () => NodeGraph {
  const graph = new NodeGraph();
  const flushes = [
    follow(storage, pods, (path, pod) => graph.setPod(path, pod)),
    follow(storage, persistentVolumes, (path, volume) => graph.setVolume(path.slice(1), volume)),
    follow(storage, volumeAttachments, (path, attachment) =>
      graph.setAttachment(path.slice(1), attachment?.spec.nodeName),
    ),
  ];
  return () => {
    for (const flush of flushes) flush();
    return graph;
  };
}

/** Collects the newest state of what changes; the result hands it on. */
function follow<T extends KubernetesObject>(
  storage: Storage,
  resource: ResourceType<T>,
  set: (path: string, object: Persisted<T> | undefined) => void,
): () => void {
  const changed = new Map<string, StoredObject<T> | undefined>();
  storage.forResource(resource).observe(({ type, current }) => {
    const { namespace, name } = current.key;
    changed.set(`${namespace}/${name}`, type === 'DELETED' ? undefined : (current as StoredObject<T>));
  });
  return () => {
    if (changed.size === 0) return;
    for (const [path, stored] of changed) set(path, stored?.object);
    changed.clear();
  };
}
