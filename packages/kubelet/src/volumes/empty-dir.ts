import { type DeepReadonly, type EmptyDirVolumeSource, quantityValue } from '@kubelab/api';
import { makeVolumeDirectory, mountMemory } from './volume-directory.js';
import type { VolumeContext, VolumePlugin } from './volume-plugin.js';

/** A directory that lives as long as the pod, on the node's disk or in memory. */
export const emptyDirVolumes: VolumePlugin = {
  source: 'emptyDir',
  directoryName: 'kubernetes.io~empty-dir',
  readOnly: false,
  async setUp({ emptyDir }, context) {
    const medium = emptyDir?.medium ?? '';
    if (medium === '') await makeVolumeDirectory(context);
    else if (medium === 'Memory') await mountMemory(context, memorySizeBytes(emptyDir ?? {}, context));
    else throw new Error(`unknown storage medium "${medium}"`);
  },
};

/**
 * The smallest of the volume's sizeLimit, the pod's memory limit (when every
 * container has one) and the node's allocatable memory (KEP-1967).
 */
function memorySizeBytes(source: DeepReadonly<EmptyDirVolumeSource>, { pod, node }: VolumeContext): number {
  const limits = (pod.spec?.containers ?? []).map(({ resources }) => resources?.limits?.memory);
  const podLimit = limits.includes(undefined) ? 0 : limits.reduce((sum, limit) => sum + quantityValue(limit ?? '0'), 0);
  const sizes = [quantityValue(source.sizeLimit ?? '0'), podLimit, quantityValue(node.allocatable.memory ?? '0')];
  const set = sizes.filter((size) => size > 0);
  return set.length === 0 ? 0 : Math.min(...set);
}
