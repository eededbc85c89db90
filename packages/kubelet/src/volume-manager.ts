import type { EnvironmentVariable } from './environment.js';
import type { ReadonlyContainer, ReadonlyPod } from './pod.js';

/** A bind mount of a container, for the engine. */
export interface Mount {
  /** Absolute path on the node. */
  readonly source: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly propagation: 'private' | 'rslave' | 'rshared';
}

export interface MountContext {
  readonly environment: readonly EnvironmentVariable[];
  /** Distinguishes the termination logs of one container's runs. */
  readonly restartCount: number;
  /** Contents of /etc/hosts and /etc/resolv.conf, from the pod network. */
  readonly hostsFile: string;
  readonly resolvConf: string;
}

/** The pods' directories: ROOT/pods/UID/{volumes/PLUGIN/NAME,containers/NAME/RESTARTCOUNT,etc-hosts,resolv.conf}. */
export interface VolumeManager {
  /**
   * Makes every volume of the pod. Idempotent; cheap when all is there.
   * Rejects with {@link VolumeSetupError} (waits, event FailedMount, tried again).
   */
  prepare(pod: ReadonlyPod, signal: AbortSignal): Promise<void>;
  /**
   * The volume mounts with subPath and subPathExpr, /etc/hosts and
   * /etc/resolv.conf (unless the container mounts something there), and the
   * termination log at the container's terminationMessagePath. Makes the files that it names.
   * Rejects with ContainerConfigError.
   */
  mountsFor(
    pod: ReadonlyPod,
    container: ReadonlyContainer,
    context: MountContext,
    signal: AbortSignal,
  ): Promise<readonly Mount[]>;
  /** Brings configMap, secret, downwardAPI and projected volumes up to date, each in one atomic step. */
  refresh(pod: ReadonlyPod, signal: AbortSignal): Promise<void>;
  /** At most 4096 bytes; "" where there is none. */
  readTerminationLog(podUid: string, containerName: string, restartCount: number): Promise<string>;
  /** Unmounts and removes everything under the pod's directory. Idempotent. */
  tearDown(podUid: string, signal: AbortSignal): Promise<void>;
  /** Pods that have a directory: what an orphan clean-up goes through. */
  podUids(): Promise<readonly string[]>;
}

/** `message` is the event's: `MountVolume.SetUp failed for volume "config" : configmap "x" not found`. */
export class VolumeSetupError extends Error {
  override readonly name = 'VolumeSetupError';
  constructor(
    readonly volume: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
