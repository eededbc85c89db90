import { configMapVolumes } from './config-map.js';
import { downwardApiVolumes } from './downward-api.js';
import { emptyDirVolumes } from './empty-dir.js';
import { hostPathVolumes } from './host-path.js';
import { nfsVolumes } from './nfs.js';
import { projectedVolumes } from './projected.js';
import { secretVolumes } from './secret.js';
import type { ReadonlyVolume, VolumePlugin } from './volume-plugin.js';

/** Every kind of volume that the kubelet knows. */
const volumePlugins: readonly VolumePlugin[] = [
  emptyDirVolumes,
  hostPathVolumes,
  configMapVolumes,
  secretVolumes,
  downwardApiVolumes,
  projectedVolumes,
  nfsVolumes,
];

/** Throws for a volume of a kind that is not in the list. */
export function pluginFor(volume: ReadonlyVolume): VolumePlugin {
  const plugin = volumePlugins.find(({ source }) => volume[source] !== undefined);
  if (plugin) return plugin;
  const kinds = Object.keys(volume).filter((key) => key !== 'name');
  throw new Error(`no volume plugin matched: volume "${volume.name}" asks for ${kinds.join(', ') || 'nothing'}`);
}
