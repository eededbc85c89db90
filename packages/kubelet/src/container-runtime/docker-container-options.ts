import type Docker from 'dockerode';
import { containerName, type Ownership, toLabels } from './docker-labels.js';
import type { MachineCapabilities } from './machine-capabilities.js';
import type { ContainerSpec, RunningResources, SandboxSpec } from './runtime.js';

export interface DockerContainerSettings {
  readonly ownership: Ownership;
  readonly pauseImage: string;
  /** The container whose network namespace is the node's; undefined: the machine's own. */
  readonly nodeContainer: string | undefined;
  readonly capabilities: MachineCapabilities;
  /** Bound of a container's log: this many files of this size. */
  readonly logMaxSizeBytes: number;
  readonly logMaxFiles: number;
}

/** Of a sandbox: it holds the pod's namespaces and does nothing. */
const PAUSE_OOM_SCORE = -998;

/** The sandbox's create request. */
export function sandboxOptions(spec: SandboxSpec, settings: DockerContainerSettings): Docker.ContainerCreateOptions {
  const { ownership } = settings;
  return {
    name: containerName(spec.pod, '', spec.attempt),
    Image: settings.pauseImage,
    // A container in the node's network namespace shares its UTS name too, and Docker refuses another one. The
    // network of others is CNI's: even with mode `none` Docker would look after it, in a process of its own that
    // costs more than the container itself.
    ...(spec.host.network ? {} : { Hostname: spec.hostname, NetworkDisabled: true }),
    Labels: toLabels(ownership, {
      role: 'sandbox',
      pod: spec.pod,
      name: '',
      restartCount: spec.attempt,
      annotations: {},
    }),
    HostConfig: {
      NetworkMode: spec.host.network ? nodeNetworkMode(settings) : 'none',
      IpcMode: spec.host.ipc ? 'host' : 'shareable',
      ...(spec.host.pid ? { PidMode: 'host' } : {}),
      OomScoreAdj: oomScore(PAUSE_OOM_SCORE, settings.capabilities),
      LogConfig: { Type: 'none', Config: {} },
      SecurityOpt: ['no-new-privileges'],
      CpuShares: 2,
      Sysctls: { ...spec.sysctls },
    },
  };
}

/** A container's create request. */
export function containerOptions(
  spec: ContainerSpec,
  settings: DockerContainerSettings,
): Docker.ContainerCreateOptions {
  return {
    name: containerName(spec.pod, spec.name, spec.restartCount),
    Image: spec.image,
    // An empty entrypoint asks Docker for the image's; a command without args must not get the image's CMD.
    ...(spec.command === undefined ? {} : { Entrypoint: [...spec.command], Cmd: [] }),
    ...(spec.args === undefined ? {} : { Cmd: [...spec.args] }),
    Env: spec.environment.map(({ name, value }) => `${name}=${value}`),
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    ...(spec.security.user === undefined ? {} : { User: spec.security.user }),
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce,
    Tty: spec.tty,
    // An image's own HEALTHCHECK is not Kubernetes' business.
    Healthcheck: { Test: ['NONE'] },
    Labels: toLabels(settings.ownership, {
      role: 'container',
      pod: spec.pod,
      name: spec.name,
      restartCount: spec.restartCount,
      annotations: spec.annotations,
    }),
    HostConfig: {
      ...namespaces(spec, settings),
      ...resourceLimits(spec, settings),
      ...security(spec, settings),
      Binds: spec.mounts.map(({ source, target, readOnly, propagation }) =>
        [source, target, [readOnly ? 'ro' : 'rw', ...(propagation === 'private' ? [] : [propagation])].join(',')].join(
          ':',
        ),
      ),
      LogConfig: {
        Type: 'json-file',
        Config: { 'max-size': String(settings.logMaxSizeBytes), 'max-file': String(settings.logMaxFiles) },
      },
    },
  };
}

function namespaces(spec: ContainerSpec, settings: DockerContainerSettings): Docker.HostConfig {
  const sandbox = `container:${spec.sandboxId}`;
  return {
    NetworkMode: spec.host.network ? nodeNetworkMode(settings) : sandbox,
    IpcMode: spec.host.ipc ? 'host' : sandbox,
    ...pidMode(spec, sandbox),
  };
}

function pidMode({ host, shareProcessNamespace, targetId }: ContainerSpec, sandbox: string): Docker.HostConfig {
  if (host.pid) return { PidMode: 'host' };
  if (shareProcessNamespace) return { PidMode: sandbox };
  return targetId === undefined ? {} : { PidMode: `container:${targetId}` };
}

function nodeNetworkMode(settings: DockerContainerSettings): string {
  return settings.nodeContainer === undefined ? 'host' : `container:${settings.nodeContainer}`;
}

function resourceLimits(spec: ContainerSpec, settings: DockerContainerSettings): Docker.HostConfig {
  return {
    ...cgroupLimits(spec.resources),
    OomScoreAdj: oomScore(spec.resources.oomScoreAdjust, settings.capabilities),
  };
}

/** What a create and an update of a container have in common. */
export function cgroupLimits({ cpuShares, cpuQuotaMicroseconds, memoryBytes }: RunningResources): Docker.HostConfig {
  return {
    CpuShares: cpuShares,
    ...(cpuQuotaMicroseconds === undefined ? {} : { CpuPeriod: 100_000, CpuQuota: cpuQuotaMicroseconds }),
    // Swap counts on top of memory in Docker: the same figure means none.
    ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
  };
}

function oomScore(score: number, capabilities: MachineCapabilities): number {
  return score < 0 && !capabilities.mayLowerOomScore ? 0 : score;
}

/**
 * `privileged` as Docker has it asks for every capability there is, and fails
 * where the machine lacks one. There, the same is asked for piece by piece. Capabilities are
 * never listed: engines know of different ones, and all that they know is ALL, but those missing.
 */
function security(spec: ContainerSpec, settings: DockerContainerSettings): Docker.HostConfig {
  const wanted = spec.security;
  const common: Docker.HostConfig = {
    ReadonlyRootfs: wanted.readOnlyRootFilesystem,
    GroupAdd: wanted.supplementalGroups.map(String),
  };
  const { missing } = settings.capabilities;
  if (wanted.privileged && missing.length === 0) return { ...common, Privileged: true };
  if (wanted.privileged) {
    return {
      ...common,
      CapAdd: ['ALL'],
      CapDrop: [...missing],
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
      MaskedPaths: [],
      ReadonlyPaths: [],
      DeviceCgroupRules: ['a *:* rwm'],
    };
  }
  const addsAll = wanted.addCapabilities.some((name) => name.toUpperCase() === 'ALL');
  return {
    ...common,
    CapAdd: [...wanted.addCapabilities],
    CapDrop: addsAll ? [...new Set([...wanted.dropCapabilities, ...missing])] : [...wanted.dropCapabilities],
    SecurityOpt: [
      ...(wanted.allowPrivilegeEscalation ? [] : ['no-new-privileges']),
      ...(wanted.seccomp === undefined ? [] : [`seccomp=${wanted.seccomp}`]),
    ],
    ...(wanted.unmaskedProc ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
  };
}
