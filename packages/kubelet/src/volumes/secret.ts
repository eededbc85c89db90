import type { DeepReadonly, SecretProjection } from '@kubelab/api';
import { isWritten, type Payload, writeAtomically } from './atomic-writer.js';
import { DEFAULT_FILE_MODE } from './config-map.js';
import { selectItems } from './select-items.js';
import { makePrivateMemory } from './volume-directory.js';
import type { ReadonlyVolume, VolumeContext, VolumePlugin } from './volume-plugin.js';

/** The keys of a Secret as files, kept in memory. */
export const secretVolumes: VolumePlugin = {
  source: 'secret',
  directoryName: 'kubernetes.io~secret',
  readOnly: true,
  async setUp(volume, context) {
    if (!(await isWritten(await makePrivateMemory(context)))) await write(volume, context);
  },
  refresh: write,
};

async function write({ secret }: ReadonlyVolume, context: VolumeContext): Promise<void> {
  const source = { ...secret, name: secret?.secretName };
  const payload = await secretFiles(source, secret?.defaultMode ?? DEFAULT_FILE_MODE, context);
  await writeAtomically(await makePrivateMemory(context), payload, context.pod.spec?.securityContext?.fsGroup);
}

/** The files of a Secret, or of those of its keys that `items` names. Throws for what is missing and not optional. */
export async function secretFiles(
  { name = '', items, optional = false }: DeepReadonly<SecretProjection>,
  defaultMode: number,
  { pod, lookups, signal }: VolumeContext,
): Promise<Payload> {
  const secret = await lookups.secret(pod.metadata.namespace ?? '', name, signal);
  if (!secret && !optional) throw new Error(`secret "${name}" not found`);
  const entries = Object.entries(secret?.data ?? {});
  const contents = new Map(entries.map(([key, bytes]) => [key, Buffer.from(bytes, 'base64')]));
  return selectItems(contents, items, defaultMode, optional, 'secret');
}
