import type { SchedulerCache } from '../cluster/cache.js';
import { MAX_NODE_SCORE, type Plugin } from '../framework.js';

const NAME = 'ImageLocality';
const MEBIBYTE = 1024 * 1024;
/** Below the first there is no gain; each container may count up to the second. */
const MIN_BYTES = 23 * MEBIBYTE;
const MAX_BYTES_PER_CONTAINER = 1_000 * MEBIBYTE;

interface Wanted {
  /** Images with the share of nodes that have them. */
  readonly images: readonly { readonly name: string; readonly share: number }[];
  readonly maxBytes: number;
}

/** Prefers nodes that have the pod's images, the more so the larger they are and the more nodes have them. */
export function imageLocality(cache: SchedulerCache): Plugin {
  return {
    name: NAME,
    events: [],
    preScore(state, { pod }) {
      if (!cache.hasImages) return 'skip';
      const { containers = [], initContainers = [], volumes = [] } = pod.spec ?? {};
      const names = [
        ...initContainers.map(({ image }) => image),
        ...containers.map(({ image }) => image),
        ...volumes.flatMap((volume) => (volume.image ? [volume.image.reference] : [])),
      ].map((image) => normalizeImageName(image ?? ''));
      const nodeCount = Math.max(1, cache.nodes.length);
      // An image that only one node has shall not draw all pods to it.
      const images = names.flatMap((name) => {
        const count = cache.imageNodeCount(name);
        return count === 0 ? [] : [{ name, share: count / nodeCount }];
      });
      if (images.length === 0) return 'skip';
      state.write<Wanted>(NAME, { images, maxBytes: MAX_BYTES_PER_CONTAINER * names.length });
      return undefined;
    },
    score(state, _, node) {
      const wanted = state.read<Wanted>(NAME);
      if (wanted === undefined) return 0;
      let sum = 0;
      for (const { name, share } of wanted.images) sum += Math.floor((node.imageBytes.get(name) ?? 0) * share);
      const clamped = Math.min(Math.max(sum, MIN_BYTES), wanted.maxBytes);
      return Math.floor((MAX_NODE_SCORE * (clamped - MIN_BYTES)) / (wanted.maxBytes - MIN_BYTES));
    },
  };
}

/** Adds the tag that an image without one has. */
export function normalizeImageName(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;
}
