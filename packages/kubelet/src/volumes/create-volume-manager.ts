import { readdir, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import type { DeepReadonly, VolumeMount } from '@kubelab/api';
import type { ComponentContext } from '@kubelab/runtime';
import { ContainerConfigError, type EnvironmentVariable } from '../environment.js';
import type { NodeFacts, ObjectLookups } from '../object-lookups.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import { type Mount, type MountContext, type VolumeManager, VolumeSetupError } from '../volume-manager.js';
import { HostFileSystem } from './host-file-system.js';
import { pluginFor } from './plugins.js';
import { PodDirectories } from './pod-directories.js';
import { makeTerminationLog, readTerminationLog, writeBoundFile } from './pod-files.js';
import { bindSubPath, subPathOf } from './sub-path.js';
import type { ReadonlyVolume, RequestServiceAccountToken, VolumeContext, VolumePlugin } from './volume-plugin.js';

interface VolumeManagerOptions {
  /** The kubelet's --root-dir; the same path on the machine. */
  readonly rootDirectory: string;
  readonly lookups: ObjectLookups;
  readonly node: NodeFacts;
  readonly log: ComponentContext['log'];
  /** Absent: pods with projected service account tokens are refused. */
  readonly requestToken?: RequestServiceAccountToken;
  /** See {@link HostFileSystem}: 1 in a container with `pid: host`. */
  readonly hostPid?: number;
}

const PROPAGATIONS: Readonly<Record<string, Mount['propagation']>> = {
  HostToContainer: 'rslave',
  Bidirectional: 'rshared',
};
const DEFAULT_TERMINATION_PATH = '/dev/termination-log';

/** The volumes of one node's pods. Calls for one pod must not overlap; those for different pods may. */
export function createVolumeManager(options: VolumeManagerOptions): VolumeManager {
  return new PodVolumes(options);
}

class PodVolumes implements VolumeManager {
  readonly #options: VolumeManagerOptions;
  readonly #host: HostFileSystem;
  readonly #directories: PodDirectories;

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
    this.#host = new HostFileSystem(options);
    this.#directories = new PodDirectories(options.rootDirectory);
  }

  async prepare(pod: ReadonlyPod, signal: AbortSignal): Promise<void> {
    await this.#forEachVolume(pod, signal, (plugin, volume, context) => plugin.setUp(volume, context));
  }

  async refresh(pod: ReadonlyPod, signal: AbortSignal): Promise<void> {
    await this.#forEachVolume(pod, signal, async (plugin, volume, context) => plugin.refresh?.(volume, context));
  }

  async mountsFor(
    pod: ReadonlyPod,
    container: ReadonlyContainer,
    context: MountContext,
    signal: AbortSignal,
  ): Promise<readonly Mount[]> {
    try {
      const mounts: Mount[] = [];
      for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
        mounts.push(await this.#volumeMount(pod, container, mount, index, context.environment, signal));
      }
      const taken = new Set(mounts.map(({ target }) => posix.normalize(target)));
      const files = await this.#ownFiles(pod, container, context);
      return [...mounts, ...files.filter(({ target }) => !taken.has(posix.normalize(target)))];
    } catch (error) {
      signal.throwIfAborted();
      throw new ContainerConfigError((error as Error).message, { cause: error });
    }
  }

  async readTerminationLog(podUid: string, containerName: string, restartCount: number): Promise<string> {
    return await readTerminationLog(
      this.#host.path(this.#directories.terminationLog(podUid, containerName, restartCount)),
    );
  }

  async tearDown(podUid: string, signal: AbortSignal): Promise<void> {
    const directory = this.#directories.pod(podUid);
    await this.#host.unmountBelow(directory, signal);
    const left = await this.#host.mountPointsBelow(directory);
    if (left.length > 0) throw new Error(`still mounted below ${directory}: ${left.join(', ')}`);
    await rm(this.#host.path(directory), { recursive: true, force: true });
  }

  async podUids(): Promise<readonly string[]> {
    try {
      return await readdir(this.#host.path(this.#directories.all));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Every volume that a container mounts; those that none does are not made. The first failure is thrown at the end. */
  async #forEachVolume(
    pod: ReadonlyPod,
    signal: AbortSignal,
    work: (plugin: VolumePlugin, volume: ReadonlyVolume, context: VolumeContext) => Promise<void>,
  ): Promise<void> {
    const mounted = mountedNames(pod);
    let failure: VolumeSetupError | undefined;
    for (const volume of (pod.spec?.volumes ?? []).filter(({ name }) => mounted.has(name))) {
      try {
        const plugin = pluginFor(volume);
        await work(plugin, volume, this.#context(pod, plugin, volume, signal));
      } catch (error) {
        signal.throwIfAborted();
        const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${(error as Error).message}`;
        failure ??= new VolumeSetupError(volume.name, message, { cause: error });
      }
    }
    if (failure) throw failure;
  }

  #context(pod: ReadonlyPod, plugin: VolumePlugin, volume: ReadonlyVolume, signal: AbortSignal): VolumeContext {
    const { lookups, node, requestToken, log } = this.#options;
    return {
      pod,
      directory: this.#pathOf(pod, plugin, volume),
      host: this.#host,
      lookups,
      node,
      requestToken,
      log,
      signal,
    };
  }

  #pathOf(pod: ReadonlyPod, plugin: VolumePlugin, volume: ReadonlyVolume): string {
    if (plugin.path) return plugin.path(volume);
    return this.#directories.volume(pod.metadata.uid, plugin.directoryName ?? '', volume.name);
  }

  async #volumeMount(
    pod: ReadonlyPod,
    container: ReadonlyContainer,
    mount: DeepReadonly<VolumeMount>,
    index: number,
    environment: readonly EnvironmentVariable[],
    signal: AbortSignal,
  ): Promise<Mount> {
    const volume = pod.spec?.volumes?.find(({ name }) => name === mount.name);
    if (!volume) throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    const plugin = pluginFor(volume);
    const path = this.#pathOf(pod, plugin, volume);
    const subPath = subPathOf(mount, environment);
    return {
      source: subPath === '' ? path : await this.#bind(pod, container, mount, { path, subPath, index }, signal),
      target: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      readOnly: plugin.readOnly || mount.readOnly === true,
      propagation: PROPAGATIONS[mount.mountPropagation ?? ''] ?? 'private',
    };
  }

  async #bind(
    pod: ReadonlyPod,
    container: ReadonlyContainer,
    mount: DeepReadonly<VolumeMount>,
    { path, subPath, index }: { readonly path: string; readonly subPath: string; readonly index: number },
    signal: AbortSignal,
  ): Promise<string> {
    const target = this.#directories.subPath(pod.metadata.uid, mount.name, container.name, index);
    try {
      await bindSubPath(this.#host, await this.#host.resolve(path, signal), subPath, target, signal);
      return target;
    } catch (error) {
      const what = `failed to prepare subPath for volumeMount "${mount.name}" of container "${container.name}"`;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** /etc/hosts, /etc/resolv.conf and the termination log. */
  async #ownFiles(pod: ReadonlyPod, container: ReadonlyContainer, context: MountContext): Promise<Mount[]> {
    const { uid } = pod.metadata;
    const hosts = this.#directories.hostsFile(uid);
    const resolvConf = this.#directories.resolvConf(uid);
    const terminationLog = this.#directories.terminationLog(uid, container.name, context.restartCount);
    await writeBoundFile(this.#host.path(hosts), context.hostsFile);
    await writeBoundFile(this.#host.path(resolvConf), context.resolvConf);
    await makeTerminationLog(this.#host.path(terminationLog));
    const writable = { readOnly: false, propagation: 'private' } as const;
    return [
      { source: hosts, target: '/etc/hosts', ...writable },
      { source: resolvConf, target: '/etc/resolv.conf', ...writable },
      { source: terminationLog, target: container.terminationMessagePath || DEFAULT_TERMINATION_PATH, ...writable },
    ];
  }
}

function mountedNames(pod: ReadonlyPod): ReadonlySet<string> {
  const { containers: main = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const containers = [...main, ...initContainers, ...ephemeralContainers];
  return new Set(containers.flatMap(({ volumeMounts }) => (volumeMounts ?? []).map(({ name }) => name)));
}
