import type { DeepReadonly, ServiceAccountTokenProjection, VolumeProjection } from '@kubelab/api';
import { isWritten, type Payload, writeAtomically } from './atomic-writer.js';
import { commonUserOf } from './common-user.js';
import { configMapFiles, DEFAULT_FILE_MODE } from './config-map.js';
import { downwardFiles } from './downward-api.js';
import { secretFiles } from './secret.js';
import { makePrivateMemory } from './volume-directory.js';
import type { ReadonlyVolume, VolumeContext, VolumePlugin } from './volume-plugin.js';

/** What a token is good for when the pod does not say (Kubernetes API). */
const DEFAULT_TOKEN_SECONDS = 3600;
/** Of a token whose reader is known: its owner, and through fsGroup its group. */
const PRIVATE_TOKEN_MODE = 0o600;

/** Several sources in one directory. In memory, as Secrets and tokens may be among them. */
export const projectedVolumes: VolumePlugin = {
  source: 'projected',
  directoryName: 'kubernetes.io~projected',
  readOnly: true,
  async setUp(volume, context) {
    if (!(await isWritten(await makePrivateMemory(context)))) await write(volume, context);
  },
  refresh: write,
};

async function write({ projected }: ReadonlyVolume, context: VolumeContext): Promise<void> {
  const mode = projected?.defaultMode ?? DEFAULT_FILE_MODE;
  const files: [string, NonNullable<ReturnType<Payload['get']>>][] = [];
  const failures: string[] = [];
  for (const source of projected?.sources ?? []) {
    try {
      files.push(...(await filesOf(source, mode, context)));
    } catch (error) {
      context.signal.throwIfAborted();
      failures.push((error as Error).message);
    }
  }
  if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`);
  const { fsGroup } = context.pod.spec?.securityContext ?? {};
  await writeAtomically(await makePrivateMemory(context), new Map(files), fsGroup);
}

async function filesOf(source: DeepReadonly<VolumeProjection>, mode: number, context: VolumeContext): Promise<Payload> {
  if (source.configMap) return await configMapFiles(source.configMap, mode, context);
  if (source.secret) return await secretFiles(source.secret, mode, context);
  if (source.downwardAPI) return downwardFiles(source.downwardAPI.items ?? [], mode, context);
  if (source.serviceAccountToken) return await tokenFile(source.serviceAccountToken, mode, context);
  throw new Error(`projected source ${Object.keys(source).join(', ')} is not supported by this kubelet`);
}

async function tokenFile(
  { path, audience = '', expirationSeconds = DEFAULT_TOKEN_SECONDS }: DeepReadonly<ServiceAccountTokenProjection>,
  defaultMode: number,
  { pod, requestToken, signal }: VolumeContext,
): Promise<Payload> {
  if (!requestToken) {
    const account = `${pod.metadata.namespace}/${pod.spec?.serviceAccountName || 'default'}`;
    throw new Error(`failed to fetch token: this cluster issues no service account tokens (wanted for ${account})`);
  }
  const token = await requestToken(pod, { audience, expirationSeconds }, signal);
  const uid = commonUserOf(pod);
  const isPrivate = uid !== undefined || pod.spec?.securityContext?.fsGroup !== undefined;
  const mode = isPrivate ? PRIVATE_TOKEN_MODE : defaultMode;
  return new Map([[path, { content: Buffer.from(token), mode, ...(uid === undefined ? {} : { uid }) }]]);
}
