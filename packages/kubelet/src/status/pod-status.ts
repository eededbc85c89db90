import { type ContainerStatus, isRestartableInitContainer, type PodStatus, qosClass } from '@kubelab/api';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import type { PendingResize } from '../pod-worker/allocation.js';
import { planResize } from '../pod-worker/plan-resize.js';
import type { PodState } from '../pod-worker/pod-state.js';
import type { ProbeVerdict } from '../probes/container-probes.js';
import { containerStatus, type Waiting } from './container-status.js';
import { type PodResize, podConditions } from './pod-conditions.js';
import { podPhase } from './pod-phase.js';
import { formatTime } from './time.js';

export interface PodStatusInput {
  readonly pod: ReadonlyPod;
  readonly state: PodState;
  /** Of the running sandbox. */
  readonly podIPs: readonly string[];
  readonly hostIP: string;
  /** By container name. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly messages: ReadonlyMap<string, string>;
  readonly starting: ReadonlySet<string>;
  /** What the probes of a running container have found; undefined: it has none. */
  readonly probeVerdict?: (containerId: string) => ProbeVerdict | undefined;
  readonly imageIdOf: (container: RuntimeContainer) => string;
  readonly engineName: string;
  /** Nothing of it will be started again. */
  readonly ending: boolean;
  /** Nothing of it is left running: what had its turn and is not there any more is said to be unknown. */
  readonly ended: boolean;
  /** Phase Failed with a reason of the pod's own, such as DeadlineExceeded. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
  /** Why cpu and memory that the pod asks for are not given to it. */
  readonly pendingResize?: PendingResize | undefined;
  /** Why what it has been given could not be set. */
  readonly resizeError?: string | undefined;
  readonly nowMs: number;
}

/** The whole status of a pod, from what is known now. `pod` has the cpu and memory that it has been given. Pure. */
export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, state, podIPs, hostIP, nowMs, failure } = input;
  const { init, main } = containerStatuses(input);
  const phase = failure ? 'Failed' : podPhase(pod, init, main, input.ending);
  // Of a pod that the node refused, there is nothing to tell but that.
  const refused = failure !== undefined && state.containers.size === 0 && !pod.status?.containerStatuses;
  const sandboxReady = state.sandbox?.state === 'running' && podIPs.length > 0;
  // A pod that is over keeps the address that it had.
  const ips = podIPs.length > 0 ? podIPs : (pod.status?.podIPs ?? []).map(({ ip }) => ip);
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: podConditions({ pod, phase, init, main, sandboxReady, resize: resizeOf(input), nowMs }),
    ...(failure ?? keptReason(pod)),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? formatTime(nowMs),
    ...(refused || init.length === 0 ? {} : { initContainerStatuses: init }),
    ...(refused ? {} : { containerStatuses: main }),
    ...ephemeralStatuses(input),
    qosClass: qosClass(pod),
  };
}

function resizeOf({ pod, state, ended, pendingResize, resizeError }: PodStatusInput): PodResize {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const resizes = (container: ReadonlyContainer): boolean => {
    const newest = state.containers.get(container.name)?.[0];
    return newest !== undefined && planResize(pod, container, newest) !== undefined;
  };
  return {
    pending: ended ? undefined : pendingResize,
    inProgress: !ended && containers.some(resizes),
    error: resizeError,
  };
}

/** Ephemeral containers are never ready: nothing is sent to them. */
function ephemeralStatuses(input: PodStatusInput): Pick<PodStatus, 'ephemeralContainerStatuses'> {
  const containers = input.pod.spec?.ephemeralContainers ?? [];
  if (containers.length === 0) return {};
  const statuses = containers.map((container) => {
    const known = statusOf(input, container, 'main');
    const { started, ...status } = input.ended ? unknownUnlessEnded(known) : known;
    return { ...status, ready: false };
  });
  return { ephemeralContainerStatuses: statuses };
}

/** A reason that somebody else has given (Evicted, NodeLost) stays. */
function keptReason(pod: ReadonlyPod): Pick<PodStatus, 'reason' | 'message'> {
  const { reason, message } = pod.status ?? {};
  return { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

const COULD_NOT_BE_LOCATED = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
};

interface ContainerStatuses {
  readonly init: ContainerStatus[];
  readonly main: ContainerStatus[];
}

function containerStatuses(input: PodStatusInput): ContainerStatuses {
  const { initContainers = [], containers = [] } = input.pod.spec ?? {};
  const init = initContainers.map((container) => statusOf(input, container, 'init'));
  const main = containers.map((container) => statusOf(input, container, 'main'));
  return input.ended ? endedStatuses(input.pod, { init, main }) : { init, main };
}

/** Of what had its turn and cannot be found, the end is unknown. What never had its turn goes on waiting for it. */
function endedStatuses(pod: ReadonlyPod, { init, main }: ContainerStatuses): ContainerStatuses {
  const begun = Math.max(1, init.findLastIndex(hasRun) + 1);
  const initialized = init.length === 0 || main.some(hasRun) || lastInitIsDone(pod, init);
  return {
    init: init.map((status, index) => (index < begun ? unknownUnlessEnded(status) : status)),
    main: initialized ? main.map(unknownUnlessEnded) : main,
  };
}

function lastInitIsDone(pod: ReadonlyPod, init: readonly ContainerStatus[]): boolean {
  const last = pod.spec?.initContainers?.at(-1);
  if (!last || !isRestartableInitContainer(last)) return init.at(-1)?.ready === true;
  return pod.status?.initContainerStatuses?.at(-1)?.started === true;
}

function hasRun({ state, lastState }: ContainerStatus): boolean {
  return !state?.waiting || lastState?.terminated !== undefined;
}

function unknownUnlessEnded(status: ContainerStatus): ContainerStatus {
  if (!status.state?.waiting) return status;
  return { ...status, state: { terminated: COULD_NOT_BE_LOCATED }, ready: false, started: false };
}

function statusOf(input: PodStatusInput, container: ReadonlyContainer, kind: 'init' | 'main'): ContainerStatus {
  const hasInit = (input.pod.spec?.initContainers ?? []).length > 0;
  const status = containerStatus({
    container,
    kind,
    instances: input.state.containers.get(container.name) ?? [],
    waiting: input.ended ? undefined : input.waiting.get(container.name),
    defaultWaitingReason: hasInit ? 'PodInitializing' : 'ContainerCreating',
    messages: input.messages,
    starting: input.starting,
    probeVerdict: input.probeVerdict,
    imageIdOf: input.imageIdOf,
    engineName: input.engineName,
  });
  if (!input.ended || !status.state?.waiting) return status;
  const {
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
  } = input.pod.status ?? {};
  const known = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  const before = known.find(({ name }) => name === container.name);
  // Its containers may have been removed already: then what was last written is what there is.
  return before?.state?.terminated ? (structuredClone(before) as ContainerStatus) : status;
}
