import type { Mount } from '../volume-manager.js';

/** Which pod a sandbox or container is of. Kept in its labels, so that a restarted kubelet knows it again. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Namespaces that a pod shares with its node instead of having its own. */
export interface HostNamespaces {
  readonly network: boolean;
  readonly pid: boolean;
  readonly ipc: boolean;
}

export interface SandboxSpec {
  readonly pod: PodIdentity;
  /** Counts the sandboxes that this pod has had, from 0. */
  readonly attempt: number;
  readonly hostname: string;
  readonly host: HostNamespaces;
  /** Kernel parameters of the pod's namespaces (spec.securityContext.sysctls). */
  readonly sysctls: Readonly<Record<string, string>>;
}

export interface ContainerResources {
  readonly cpuShares: number;
  /** Microseconds of CPU in 100 ms; undefined: no limit. */
  readonly cpuQuotaMicroseconds: number | undefined;
  /** Undefined: no limit. */
  readonly memoryBytes: number | undefined;
  /** -1000 to 1000; a negative one is raised to 0 where the machine does not let us set it. */
  readonly oomScoreAdjust: number;
}

/** Those of a container's resources that can be changed while it runs. */
export type RunningResources = Omit<ContainerResources, 'oomScoreAdjust'>;

export interface ContainerSecurity {
  /** `uid` or `uid:gid`; undefined: the image's. */
  readonly user: string | undefined;
  readonly supplementalGroups: readonly number[];
  readonly privileged: boolean;
  readonly allowPrivilegeEscalation: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  /** `unconfined`, or undefined for the engine's default profile. */
  readonly seccomp: 'unconfined' | undefined;
  readonly unmaskedProc: boolean;
}

export interface ContainerSpec {
  readonly pod: PodIdentity;
  readonly sandboxId: string;
  readonly host: HostNamespaces;
  /** Processes of all the pod's containers see each other. */
  readonly shareProcessNamespace: boolean;
  /** Id of the container of the pod whose processes it sees; undefined: its own only. */
  readonly targetId?: string | undefined;
  readonly name: string;
  /** Image id or reference that is present locally. */
  readonly image: string;
  readonly restartCount: number;
  /** What is kept with the container, and given back in {@link RuntimeContainer.annotations}. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Replaces the image's ENTRYPOINT, and with it its CMD. */
  readonly command: readonly string[] | undefined;
  /** Replaces the image's CMD. */
  readonly args: readonly string[] | undefined;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly workingDir: string | undefined;
  readonly mounts: readonly Mount[];
  readonly resources: ContainerResources;
  readonly security: ContainerSecurity;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
}

/** A sandbox or container as the engine has it. */
export interface RuntimeContainer {
  readonly id: string;
  readonly role: 'sandbox' | 'container';
  readonly pod: PodIdentity;
  /** "" for a sandbox. */
  readonly name: string;
  /** For a sandbox, its attempt. */
  readonly restartCount: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'created' | 'running' | 'exited';
  /** 0 unless running. */
  readonly pid: number;
  readonly createdAtMs: number;
  /** 0: never started. */
  readonly startedAtMs: number;
  /** 0: not finished. */
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why the engine could not start it; "" otherwise. */
  readonly error: string;
  readonly image: string;
  readonly imageId: string;
  readonly tty: boolean;
  readonly stopSignal: string;
  /** What its processes may use now; undefined where the engine limits nothing. */
  readonly resources?: RunningResources;
  /** Only an engine that pretends says so: false until the time at which it pretends to be ready. */
  readonly ready?: boolean;
}

export interface RuntimeContainerSummary {
  readonly id: string;
  readonly podUid: string;
  /** A container whose start failed may be said to be `created`. */
  readonly state: RuntimeContainer['state'];
}

export interface RuntimeEvent {
  readonly type: 'started' | 'died' | 'removed' | 'oom';
  readonly containerId: string;
  readonly podUid: string;
}

export interface RuntimeImage {
  readonly id: string;
  /** Tags and digests, as `repository:tag` and `repository@sha256:…`. */
  readonly names: readonly string[];
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
  /** `uid`, `name`, `uid:gid` or "". */
  readonly user: string;
}

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
  readonly serverAddress: string;
}

/** `layer` done of all, and bytes where the engine tells. */
export interface PullProgress {
  readonly layersDone: number;
  readonly layersKnown: number;
  readonly downloadedBytes: number;
  readonly totalBytes: number;
}

export interface RuntimeInformation {
  /** `docker` */
  readonly name: string;
  readonly version: string;
  readonly rootDirectory: string;
  readonly cgroupVersion: string;
}

export interface ContainerLogsOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number | undefined;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Streams of a process that was started in, or attached to, a container. */
export interface ProcessStreams {
  /** Ending it ends the process's stdin. */
  readonly stdin: NodeJS.WritableStream;
  /** Chunks in the order in which they came; with a tty everything is stdout. Ends with the process. */
  readonly output: AsyncIterable<OutputChunk>;
  resize(width: number, height: number): Promise<void>;
  /** Once `output` has ended: the exit code. For an attach, the container's; undefined when it still runs. */
  exitCode(): Promise<number | undefined>;
  /** Lets go of the connection. The process goes on. */
  close(): void;
}

export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** What a container uses now. */
export interface ContainerStats {
  readonly atMs: number;
  readonly cpuTotalNanoseconds: number;
  readonly memoryUsageBytes: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryRssBytes: number;
}

/**
 * A container engine. Only what carries this node's and this cluster's labels
 * exists for it. Everything that is asked for by id and gone rejects with
 * {@link RuntimeError} `notFound`, except removing and stopping, which are idempotent.
 */
export interface ContainerRuntime {
  information(signal: AbortSignal): Promise<RuntimeInformation>;

  /** Everything of this node, in any state, told briefly: what a relist compares with what is known. */
  list(signal: AbortSignal): Promise<readonly RuntimeContainerSummary[]>;
  /** Undefined: there is none. */
  inspect(id: string, signal: AbortSignal): Promise<RuntimeContainer | undefined>;
  /** From now until the signal aborts. Rejects when the engine goes away; list again after that. */
  events(signal: AbortSignal, onOpen: () => void): AsyncIterable<RuntimeEvent>;

  /** Idempotent by pod uid and attempt: one that exists is started if need be, and returned. */
  runSandbox(spec: SandboxSpec, signal: AbortSignal): Promise<RuntimeContainer>;
  /** Idempotent by pod uid, name and restart count. */
  createContainer(spec: ContainerSpec, signal: AbortSignal): Promise<string>;
  /** Returns it as it is after the start, which may be exited already. */
  startContainer(id: string, signal: AbortSignal): Promise<RuntimeContainer>;
  /** Gives a running container other limits, and returns it as it is then. Rejects where it uses more memory than that. */
  updateResources(id: string, resources: RunningResources, signal: AbortSignal): Promise<RuntimeContainer>;
  /** The image's STOPSIGNAL (SIGTERM by default); SIGKILL after the grace period. Resolves once it has stopped. */
  stop(id: string, gracePeriodSeconds: number, signal: AbortSignal): Promise<void>;
  /** Kills it first if it runs. */
  remove(id: string, signal: AbortSignal): Promise<void>;

  /** Undefined: not present locally. */
  image(reference: string, signal: AbortSignal): Promise<RuntimeImage | undefined>;
  images(signal: AbortSignal): Promise<readonly RuntimeImage[]>;
  /** Rejects with {@link RuntimeError}; `unreachable` when no registry answered. */
  pull(
    reference: string,
    credentials: RegistryCredentials | undefined,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;

  /** Lines as they were written, with their stream. Ends at the log's end, or with `follow` when the container does. */
  logs(id: string, options: ContainerLogsOptions, signal: AbortSignal): Promise<AsyncIterable<OutputChunk>>;
  exec(id: string, options: ExecOptions, signal: AbortSignal): Promise<ProcessStreams>;
  attach(id: string, options: Omit<ExecOptions, 'command'>, signal: AbortSignal): Promise<ProcessStreams>;
  /** What a running container uses. */
  stats(container: Pick<RuntimeContainer, 'id' | 'pid'>): Promise<ContainerStats>;
}

export type RuntimeErrorKind =
  | 'notFound'
  | 'notRunning'
  /** The engine refused: its message says why. */
  | 'refused'
  /** A registry, or the engine itself, could not be reached. */
  | 'unreachable';

/** The only error that a {@link ContainerRuntime} rejects with, besides the signal's. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  constructor(
    readonly kind: RuntimeErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
