import type { DeepReadonly, DownwardAPIVolumeFile } from '@kubelab/api';
import { downwardFileField } from '../environment/downward-field.js';
import { containerOf, resourceField } from '../environment/resource-field.js';
import { isWritten, type Payload, writeAtomically } from './atomic-writer.js';
import { DEFAULT_FILE_MODE } from './config-map.js';
import { makeVolumeDirectory } from './volume-directory.js';
import type { ReadonlyVolume, VolumeContext, VolumePlugin } from './volume-plugin.js';

/** The pod's own metadata and resources as files. */
export const downwardApiVolumes: VolumePlugin = {
  source: 'downwardAPI',
  directoryName: 'kubernetes.io~downward-api',
  readOnly: true,
  async setUp(volume, context) {
    if (!(await isWritten(await makeVolumeDirectory(context)))) await write(volume, context);
  },
  refresh: write,
};

async function write({ downwardAPI }: ReadonlyVolume, context: VolumeContext): Promise<void> {
  const payload = downwardFiles(downwardAPI?.items ?? [], downwardAPI?.defaultMode ?? DEFAULT_FILE_MODE, context);
  await writeAtomically(await makeVolumeDirectory(context), payload, context.pod.spec?.securityContext?.fsGroup);
}

/** The files that the items describe. Throws for fields that files cannot have. */
export function downwardFiles(
  items: readonly DeepReadonly<DownwardAPIVolumeFile>[],
  defaultMode: number,
  { pod, node }: VolumeContext,
): Payload {
  return new Map(
    items.map((item) => [
      item.path,
      { content: Buffer.from(textOf(item, pod, node.allocatable)), mode: item.mode ?? defaultMode },
    ]),
  );
}

function textOf(
  { fieldRef, resourceFieldRef }: DeepReadonly<DownwardAPIVolumeFile>,
  pod: VolumeContext['pod'],
  allocatable: Readonly<Record<string, string>>,
): string {
  if (fieldRef) return downwardFileField(pod, fieldRef);
  if (!resourceFieldRef) return '';
  return resourceField(containerOf(pod, resourceFieldRef.containerName ?? ''), resourceFieldRef, allocatable);
}
