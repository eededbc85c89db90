import {
  type ContainerState,
  type ContainerStateTerminated,
  type ContainerStatus,
  isRestartableInitContainer,
  quantityMilliValue,
  quantityValue,
} from '@kubelab/api';
import type { RunningResources, RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyContainer } from '../pod.js';
import { cpuQuota, cpuShares, milliCpuOfQuota, milliCpuOfShares } from '../pod-worker/resource-limits.js';
import type { ProbeVerdict } from '../probes/container-probes.js';
import { formatTime } from './time.js';

/** Why a container is not running, as its waiting state tells it. */
export interface Waiting {
  readonly reason: string;
  readonly message?: string;
}

export interface ContainerStatusInput {
  readonly container: ReadonlyContainer;
  readonly kind: 'init' | 'main';
  /** Newest first. */
  readonly instances: readonly RuntimeContainer[];
  /** Why it cannot be started, or not yet. */
  readonly waiting: Waiting | undefined;
  /** What it waits for when nothing is known to be wrong. */
  readonly defaultWaitingReason: 'ContainerCreating' | 'PodInitializing';
  /** Termination messages by container id. */
  readonly messages: ReadonlyMap<string, string>;
  /** Ids of running containers that are started but whose postStart hook has not finished. */
  readonly starting: ReadonlySet<string>;
  readonly probeVerdict?: ((containerId: string) => ProbeVerdict | undefined) | undefined;
  readonly imageIdOf: (container: RuntimeContainer) => string;
  /** `docker` */
  readonly engineName: string;
}

/** One entry of status.containerStatuses or status.initContainerStatuses. */
export function containerStatus(input: ContainerStatusInput): ContainerStatus {
  const { container, kind, instances, waiting } = input;
  const [newest, ...older] = instances;
  const base = {
    name: container.name,
    image: imageName(container.image ?? ''),
    imageID: newest ? input.imageIdOf(newest) : '',
    restartCount: newest?.restartCount ?? 0,
    ...(newest ? { containerID: containerId(newest, input.engineName) } : {}),
    ...mountStatuses(container),
  };
  if (newest?.state === 'running') {
    const verdict = input.probeVerdict?.(newest.id) ?? verdictWithout(container);
    const started = !input.starting.has(newest.id) && verdict.started;
    return {
      ...base,
      state: { running: { startedAt: formatTime(newest.startedAtMs) } },
      lastState: lastState(older, input),
      ready:
        started &&
        verdict.ready &&
        newest.ready !== false &&
        (kind === 'main' || isRestartableInitContainer(container)),
      started,
      ...resourcesOf(container, newest),
    };
  }
  const waits = waiting ?? (newest === undefined || newest.state === 'created' ? defaultWaiting(input) : undefined);
  if (waits) {
    return { ...base, state: { waiting: { ...waits } }, lastState: lastState(instances, input), ...NOT_READY };
  }
  const ended = newest as RuntimeContainer;
  return {
    ...base,
    state: { terminated: terminated(ended, input) },
    lastState: lastState(older, input),
    ready: kind === 'init' && !isRestartableInitContainer(container) && ended.exitCode === 0,
    started: false,
  };
}

/** Before the first answer of a probe that is not asked yet. */
function verdictWithout({ startupProbe, readinessProbe }: ReadonlyContainer): Pick<ProbeVerdict, 'started' | 'ready'> {
  return { started: startupProbe === undefined, ready: readinessProbe === undefined };
}

const NOT_READY = { ready: false, started: false };

function defaultWaiting({ defaultWaitingReason }: ContainerStatusInput): Waiting {
  return { reason: defaultWaitingReason };
}

type EndedContext = Pick<ContainerStatusInput, 'messages' | 'engineName'>;

function lastState(instances: readonly RuntimeContainer[], context: EndedContext): ContainerState {
  const ended = instances.find(({ state }) => state === 'exited');
  return ended ? { terminated: terminated(ended, context) } : {};
}

/** The state of a container that has ended, with Kubernetes' reasons. */
function terminated(container: RuntimeContainer, { messages, engineName }: EndedContext): ContainerStateTerminated {
  const message = messages.get(container.id) || container.error;
  const neverRan = container.startedAtMs === 0;
  return {
    exitCode: container.exitCode,
    reason: terminationReason(container),
    ...(message === '' ? {} : { message }),
    startedAt: neverRan ? formatTime(container.createdAtMs) : formatTime(container.startedAtMs),
    finishedAt: formatTime(container.finishedAtMs || container.createdAtMs),
    containerID: containerId(container, engineName),
  };
}

function terminationReason({ oomKilled, error, exitCode }: RuntimeContainer): string {
  if (oomKilled) return 'OOMKilled';
  if (error !== '') return 'ContainerCannotRun';
  return exitCode === 0 ? 'Completed' : 'Error';
}

function containerId({ id }: RuntimeContainer, engineName: string): string {
  return `${engineName}://${id}`;
}

/** As statuses have it: with a tag. */
export function imageName(image: string): string {
  const tagged = image.includes('@') || image.lastIndexOf(':') > image.lastIndexOf('/');
  return tagged ? image : `${image}:latest`;
}

/** What the container has been given, and what it has: the same, but while it is resized. */
function resourcesOf(
  { resources: given = {} }: ReadonlyContainer,
  { resources: has }: RuntimeContainer,
): Pick<ContainerStatus, 'allocatedResources' | 'resources'> {
  const { requests, limits } = given;
  const actual = has ? { requests: actualRequests(requests, has), limits: actualLimits(limits, has) } : given;
  return {
    ...(requests ? { allocatedResources: { ...requests } } : {}),
    resources: {
      ...(actual.limits ? { limits: { ...actual.limits } } : {}),
      ...(actual.requests ? { requests: { ...actual.requests } } : {}),
    },
  };
}

type ResourceList = Readonly<Record<string, string>>;

/** The engine knows shares, which are coarser than the quantity: that is told where it gives the same shares. */
function actualRequests(given: ResourceList | undefined, has: RunningResources): ResourceList | undefined {
  if (given?.cpu === undefined || cpuShares(quantityMilliValue(given.cpu)) === has.cpuShares) return given;
  return { ...given, cpu: `${milliCpuOfShares(has.cpuShares)}m` };
}

function actualLimits(given: ResourceList | undefined, has: RunningResources): ResourceList | undefined {
  if (!given) return given;
  const { cpu, memory, ...others } = given;
  const { cpuQuotaMicroseconds: quota, memoryBytes } = has;
  const sameQuota = cpu === undefined || cpuQuota(quantityMilliValue(cpu)) === quota;
  const sameMemory = memory === undefined || quantityValue(memory) === memoryBytes;
  const cpuNow = sameQuota ? cpu : quota && `${milliCpuOfQuota(quota)}m`;
  const memoryNow = sameMemory ? memory : memoryBytes && String(memoryBytes);
  return { ...others, ...(cpuNow ? { cpu: cpuNow } : {}), ...(memoryNow ? { memory: memoryNow } : {}) };
}

function mountStatuses(container: ReadonlyContainer): Pick<ContainerStatus, 'volumeMounts'> {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}
