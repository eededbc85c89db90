import type { SchedulerCache } from '../cache.js';
import { MAX_NODE_SCORE, type Plugin } from '../framework.js';

const MEBIBYTE = 1024 * 1024;
/** Below the first there is no gain; each container may count up to the second. */
const MIN_BYTES = 23 * MEBIBYTE;
const MAX_BYTES_PER_CONTAINER = 1_000 * MEBIBYTE;

/** Prefers nodes that have the pod's images, the more so the larger they are and the more nodes have them. */
export function imageLocality(cache: SchedulerCache): Plugin {
  return {
    name: 'ImageLocality',
    score(_, { pod }, node) {
      const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
      const nodeCount = Math.max(1, cache.nodes.length);
      let sum = 0;
      for (const container of containers) {
        const image = normalizeImageName(container.image ?? '');
        const bytes = node.imageBytes.get(image) ?? 0;
        // An image that only one node has shall not draw all pods to it.
        sum += Math.floor(bytes * (cache.imageNodeCount(image) / nodeCount));
      }
      const max = MAX_BYTES_PER_CONTAINER * containers.length;
      const clamped = Math.min(Math.max(sum, MIN_BYTES), max);
      return Math.floor((MAX_NODE_SCORE * (clamped - MIN_BYTES)) / (max - MIN_BYTES));
    },
  };
}

/** Adds the tag that an image without one has. */
export function normalizeImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
