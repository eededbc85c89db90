import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { engineCall, engineMessage } from './docker-errors.js';
import { lines } from './docker-events.js';
import {
  type ContainerRuntime,
  type PullProgress,
  type RegistryCredentials,
  RuntimeError,
  type RuntimeImage,
} from './runtime.js';

type Images = Pick<ContainerRuntime, 'image' | 'images' | 'pull'>;

interface PullMessage {
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
}

/**
 * Texts with which the engine says that no registry answered, as opposed to one
 * that answered with a refusal. (net, net/http and Docker's own wording.)
 */
const UNREACHABLE =
  /no such host|connection refused|i\/o timeout|network is unreachable|no route to host|temporary failure in name resolution|server misbehaving|Client\.Timeout exceeded|context deadline exceeded|TLS handshake timeout|connection reset by peer|request canceled while waiting for connection|proxyconnect|EOF$/i;

const LAYER_DONE = new Set(['Pull complete', 'Already exists']);

export function dockerImages(docker: Docker): Images {
  return {
    async image(reference, signal) {
      try {
        const info = await engineCall('inspect image', signal, () => docker.getImage(reference).inspect());
        return {
          id: info.Id,
          names: [...(info.RepoDigests ?? []), ...(info.RepoTags ?? [])],
          sizeBytes: info.Size,
          labels: info.Config?.Labels ?? {},
          user: info.Config?.User ?? '',
        };
      } catch (error) {
        if (error instanceof RuntimeError && error.kind === 'notFound') return undefined;
        throw error;
      }
    },

    async images(signal) {
      const found = await engineCall('list images', signal, () => docker.listImages({ abortSignal: signal }));
      return found.map(toRuntimeImage);
    },

    async pull(reference, credentials, onProgress, signal) {
      await engineCall('pull image', signal, () => pull(docker, reference, credentials, onProgress, signal));
    },
  };
}

function toRuntimeImage(info: Docker.ImageInfo): RuntimeImage {
  const named = [...(info.RepoDigests ?? []), ...(info.RepoTags ?? [])].filter((name) => !name.includes('<none>'));
  return { id: info.Id, names: named, sizeBytes: info.Size, labels: info.Labels ?? {}, user: '' };
}

async function pull(
  docker: Docker,
  reference: string,
  credentials: RegistryCredentials | undefined,
  onProgress: (progress: PullProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const stream = (await docker.createImage(credentials ? authentication(credentials) : {}, {
      ...nameAndTag(reference),
      abortSignal: signal,
    })) as Readable;
    const layers = new Map<string, LayerProgress>();
    for await (const line of lines(stream)) {
      const message = JSON.parse(line) as PullMessage;
      if (message.error !== undefined) throw new Error(message.error);
      if (recordLayer(layers, message)) onProgress(summarize(layers));
    }
  } catch (error) {
    const text = engineMessage(error);
    if (UNREACHABLE.test(text)) throw new RuntimeError('unreachable', text, { cause: error });
    throw new RuntimeError('refused', text, { cause: error });
  }
}

/** Docker's API takes the tag or digest apart from the name, and without one pulls every tag. */
function nameAndTag(reference: string): { fromImage: string; tag: string } {
  const at = reference.indexOf('@');
  if (at >= 0) return { fromImage: reference.slice(0, at).replace(/:[^/:]*$/, ''), tag: reference.slice(at + 1) };
  const colon = reference.lastIndexOf(':');
  if (colon > reference.lastIndexOf('/'))
    return { fromImage: reference.slice(0, colon), tag: reference.slice(colon + 1) };
  return { fromImage: reference, tag: 'latest' };
}

function authentication(credentials: RegistryCredentials): Docker.AuthConfig {
  const { username, password, serverAddress } = credentials;
  return { username, password, serveraddress: serverAddress };
}

interface LayerProgress {
  done: boolean;
  downloadedBytes: number;
  totalBytes: number;
}

function recordLayer(layers: Map<string, LayerProgress>, message: PullMessage): boolean {
  const { id, status = '', progressDetail } = message;
  if (id === undefined || !/^[0-9a-f]{12}$/.test(id)) return false;
  const layer = layers.get(id) ?? { done: false, downloadedBytes: 0, totalBytes: 0 };
  if (status === 'Downloading' && progressDetail?.total) {
    layer.totalBytes = progressDetail.total;
    layer.downloadedBytes = progressDetail.current ?? 0;
  }
  if (status === 'Download complete') layer.downloadedBytes = layer.totalBytes;
  layer.done ||= LAYER_DONE.has(status);
  layers.set(id, layer);
  return true;
}

function summarize(layers: ReadonlyMap<string, LayerProgress>): PullProgress {
  const all = [...layers.values()];
  return {
    layersDone: all.filter(({ done }) => done).length,
    layersKnown: all.length,
    downloadedBytes: all.reduce((sum, { downloadedBytes }) => sum + downloadedBytes, 0),
    totalBytes: all.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
  };
}
