import type { ConfigMapProjection, DeepReadonly } from '@kubelab/api';
import { type FileContent, isWritten, type Payload, writeAtomically } from './atomic-writer.js';
import { selectItems } from './select-items.js';
import { makeVolumeDirectory } from './volume-directory.js';
import type { ReadonlyVolume, VolumeContext, VolumePlugin } from './volume-plugin.js';

export const DEFAULT_FILE_MODE = 0o644;

/** The keys of a ConfigMap as files. */
export const configMapVolumes: VolumePlugin = {
  source: 'configMap',
  directoryName: 'kubernetes.io~configmap',
  readOnly: true,
  async setUp(volume, context) {
    if (!(await isWritten(await makeVolumeDirectory(context)))) await write(volume, context);
  },
  refresh: write,
};

async function write({ configMap }: ReadonlyVolume, context: VolumeContext): Promise<void> {
  const payload = await configMapFiles(configMap ?? {}, configMap?.defaultMode ?? DEFAULT_FILE_MODE, context);
  await writeAtomically(await makeVolumeDirectory(context), payload, context.pod.spec?.securityContext?.fsGroup);
}

/** The files of a ConfigMap, or of those of its keys that `items` names. Throws for what is missing and not optional. */
export async function configMapFiles(
  source: DeepReadonly<ConfigMapProjection>,
  defaultMode: number,
  { pod, lookups, signal }: VolumeContext,
): Promise<Payload> {
  const { name = '', items, optional = false } = source;
  const configMap = await lookups.configMap(pod.metadata.namespace ?? '', name, signal);
  if (!configMap && !optional) throw new Error(`configmap "${name}" not found`);
  const entries = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(configMap?.data ?? {})) entries.set(key, Buffer.from(text));
  for (const [key, bytes] of Object.entries(configMap?.binaryData ?? {}))
    entries.set(key, Buffer.from(bytes, 'base64'));
  return selectItems(entries, items, defaultMode, optional, 'config') satisfies ReadonlyMap<string, FileContent>;
}
