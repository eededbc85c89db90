import { isRestartableInitContainer } from '@kubelab/api';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import type { ProbeVerdict } from '../probes/container-probes.js';
import { containerHash } from './container-hash.js';
import { type ContainerUpdate, planResize } from './plan-resize.js';
import { allContainers, CONTAINER_ANNOTATIONS, current, latest, type PodState } from './pod-state.js';
import { endedAtMs, nextRestartDelayMs, restartDelayMs } from './restart-delay.js';

export interface ContainerStart {
  readonly container: ReadonlyContainer;
  readonly kind: 'init' | 'main' | 'ephemeral';
  readonly restartCount: number;
  /** Kept with the new container: how long to wait after its own end. */
  readonly restartDelayMs: number;
  /** The container whose processes it is to see; only for ephemeral ones. */
  readonly targetId?: string;
}

export interface ContainerWait {
  readonly name: string;
  readonly delayMs: number;
  readonly untilMs: number;
}

export interface ContainerKill {
  readonly container: RuntimeContainer;
  /** For the event. */
  readonly message: string;
  /** Instead of the pod's own. */
  readonly gracePeriodSeconds?: number | undefined;
}

/** What brings a pod from its state to its spec. In this order. */
export interface PodPlan {
  readonly kill: readonly ContainerKill[];
  /** Sandboxes whose network is given back and that are then removed. */
  readonly removeSandboxes: readonly RuntimeContainer[];
  /** The number of the sandbox to make; undefined: the running one serves. */
  readonly createSandbox: number | undefined;
  readonly start: readonly ContainerStart[];
  /** Running containers that are to have other limits. */
  readonly update: readonly ContainerUpdate[];
  /** Crashed, and not to be started before their time. */
  readonly wait: readonly ContainerWait[];
  /** Ended containers that are of no more use; removed before anything is started. */
  readonly remove: readonly RuntimeContainer[];
  /** Nothing of it will run again. */
  readonly finished: boolean;
}

/** What the probes of a running container have found; undefined: nothing yet. */
export type ProbeVerdicts = (containerId: string) => Pick<ProbeVerdict, 'started' | 'failed'> | undefined;

/** A pure function of the pod's spec, what the engine has, and the time. */
export function planPod(
  pod: ReadonlyPod,
  state: PodState,
  nowMs: number,
  probed: ProbeVerdicts = () => undefined,
): PodPlan {
  const sandboxRuns = state.sandbox?.state === 'running';
  if (!sandboxRuns && !mustRunAgain(pod, state)) return finish(state);
  const steps = sandboxRuns ? planContainers(pod, state, nowMs, probed) : planAnew(pod, state);
  if (steps.finished) return finish(state);
  const leftovers = sandboxRuns ? [] : running(state);
  return {
    kill: [...leftovers.map((container) => ({ container, message: SANDBOX_CHANGED })), ...steps.kill],
    removeSandboxes: sandboxRuns || !state.sandbox ? state.oldSandboxes : [state.sandbox, ...state.oldSandboxes],
    createSandbox: sandboxRuns ? undefined : (state.sandbox?.restartCount ?? -1) + 1,
    start: steps.start,
    update: steps.update,
    wait: steps.wait,
    remove: superfluous(state),
    finished: false,
  };
}

const SANDBOX_CHANGED = 'Pod sandbox changed, it will be killed and re-created.';

interface Steps {
  readonly kill: ContainerKill[];
  readonly start: ContainerStart[];
  readonly update: ContainerUpdate[];
  readonly wait: ContainerWait[];
  finished: boolean;
}

/** Everything has ended: the sandbox goes, the last containers stay for their logs. */
function finish(state: PodState): PodPlan {
  return {
    kill: running(state).map((container) => ({ container, message: `Stopping container ${container.name}` })),
    removeSandboxes: state.sandbox ? [state.sandbox, ...state.oldSandboxes] : state.oldSandboxes,
    createSandbox: undefined,
    start: [],
    update: [],
    wait: [],
    remove: superfluous(state),
    finished: true,
  };
}

function running(state: PodState): RuntimeContainer[] {
  return allContainers(state).filter((container) => container.state === 'running');
}

/** With no sandbox: whether the restart policy wants the pod to be (or go on) running. */
function mustRunAgain(pod: ReadonlyPod, state: PodState): boolean {
  const { containers, restartPolicy = 'Always' } = pod.spec ?? { containers: [] };
  if (restartPolicy === 'Always') return true;
  const everStarted = [...state.containers.values()].some((instances) => instances.some((one) => one.startedAtMs > 0));
  if (!everStarted) return true;
  if (restartPolicy === 'Never') return false;
  return containers.some(({ name }) => !hasSucceeded(latest(state, name)));
}

function hasSucceeded(container: RuntimeContainer | undefined): boolean {
  return container?.state === 'exited' && container.exitCode === 0 && container.startedAtMs > 0;
}

/** A new sandbox: initialisation begins again, and no crash is waited for. */
function planAnew(pod: ReadonlyPod, state: PodState): Steps {
  const steps: Steps = { kill: [], start: [], update: [], wait: [], finished: false };
  const [firstInit] = pod.spec?.initContainers ?? [];
  if (firstInit) {
    steps.start.push(following(firstInit, 'init', latest(state, firstInit.name)));
    return steps;
  }
  const onlyFailed = pod.spec?.restartPolicy === 'OnFailure';
  for (const container of pod.spec?.containers ?? []) {
    const before = latest(state, container.name);
    if (!(onlyFailed && hasSucceeded(before))) steps.start.push(following(container, 'main', before));
  }
  return steps;
}

function planContainers(pod: ReadonlyPod, state: PodState, nowMs: number, probed: ProbeVerdicts): Steps {
  const steps: Steps = { kill: [], start: [], update: [], wait: [], finished: false };
  const main = pod.spec?.containers ?? [];
  const initialized = main.some(({ name }) => current(state, name)?.startedAtMs);
  planEphemeralContainers(pod, state, steps);
  if (!planInitContainers(pod, state, { nowMs, initialized, probed }, steps)) return steps;
  let kept = 0;
  for (const container of main) {
    const before = current(state, container.name);
    if (before === undefined || before.state === 'created') {
      // In the sandbox before this one it may have succeeded already.
      if (pod.spec?.restartPolicy === 'OnFailure' && hasSucceeded(latest(state, container.name))) continue;
      steps.start.push(following(container, 'main', before ?? latest(state, container.name)));
    } else if (before.state === 'running') {
      kept += 1;
      if (!killIfUnhealthy(pod, container, 'main', before, probed, steps))
        changeIfNeeded(pod, container, 'main', before, steps);
    } else if (restarts(pod.spec?.restartPolicy, before)) {
      restart(container, 'main', before, nowMs, steps);
    }
  }
  const ofMain = (name: string): boolean => main.some((container) => container.name === name);
  const startsAny = steps.start.some(({ container }) => ofMain(container.name));
  // Sidecars alone do not keep a pod alive.
  steps.finished = kept === 0 && !startsAny && !steps.wait.some(({ name }) => ofMain(name));
  return steps;
}

/** They are started once, whatever the others do, and never again. One that names a target waits until that one runs. */
function planEphemeralContainers(pod: ReadonlyPod, state: PodState, steps: Steps): void {
  for (const { targetContainerName, ...container } of pod.spec?.ephemeralContainers ?? []) {
    const before = latest(state, container.name);
    if (before !== undefined && before.state !== 'created') continue;
    const target = targetContainerName ? current(state, targetContainerName) : undefined;
    if (targetContainerName && target?.state !== 'running') continue;
    const start = following(container, 'ephemeral', before);
    steps.start.push(target ? { ...start, targetId: target.id } : start);
  }
}

/** Adds what is to be done next; false while the main containers may not be started. */
function planInitContainers(
  pod: ReadonlyPod,
  state: PodState,
  { nowMs, initialized, probed }: { nowMs: number; initialized: boolean; probed: ProbeVerdicts },
  steps: Steps,
): boolean {
  for (const container of pod.spec?.initContainers ?? []) {
    const before = current(state, container.name);
    const sidecar = isRestartableInitContainer(container);
    if (initialized && !sidecar) continue;
    if (before?.state === 'running') {
      if (!sidecar) return false;
      if (!killIfUnhealthy(pod, container, 'init', before, probed, steps))
        changeIfNeeded(pod, container, 'init', before, steps);
      // What follows it may count on it.
      const started = probed(before.id)?.started ?? container.startupProbe === undefined;
      if (!initialized && !started) return false;
      continue;
    }
    if (before === undefined || before.state === 'created') {
      steps.start.push(following(container, 'init', before ?? latest(state, container.name)));
    } else if (sidecar) {
      restart(container, 'init', before, nowMs, steps);
    } else if (hasSucceeded(before)) {
      continue;
    } else if (pod.spec?.restartPolicy === 'Never') {
      steps.finished = true;
      return false;
    } else {
      restart(container, 'init', before, nowMs, steps);
    }
    if (!initialized) return false;
  }
  return true;
}

/** What follows its end is planned once it has ended: a container that is killed again and again waits as one that crashes. */
function killIfUnhealthy(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  kind: ContainerStart['kind'],
  running: RuntimeContainer,
  probed: ProbeVerdicts,
  steps: Steps,
): boolean {
  const probe = probed(running.id)?.failed;
  if (probe === undefined) return false;
  const { restartPolicy } = pod.spec ?? {};
  const again = restartPolicy === 'Never' && kind === 'main' ? '' : ', will be restarted';
  const message = `Container ${container.name} failed ${probe} probe${again}`;
  const { terminationGracePeriodSeconds } =
    (probe === 'startup' ? container.startupProbe : container.livenessProbe) ?? {};
  steps.kill.push({ container: running, message, gracePeriodSeconds: terminationGracePeriodSeconds });
  // Its exit code may be 0, which would be the end of it.
  if (restartPolicy === 'OnFailure' && kind === 'main') {
    const restartCount = running.restartCount + 1;
    steps.start.push({ container, kind, restartCount, restartDelayMs: nextRestartDelayMs(restartDelayMs(running)) });
  }
  return true;
}

/** A new image restarts a running container; new resources do where its resizePolicy says so, and otherwise only update it. */
function changeIfNeeded(
  pod: ReadonlyPod,
  container: ReadonlyContainer,
  kind: ContainerStart['kind'],
  before: RuntimeContainer,
  steps: Steps,
): void {
  const hash = before.annotations[CONTAINER_ANNOTATIONS.hash];
  const resize = planResize(pod, container, before);
  let message: string | undefined;
  if (kind === 'main' && hash !== undefined && hash !== containerHash(container)) {
    message = `Container ${container.name} definition changed, will be restarted`;
  } else if (resize === 'restart') message = `Container ${container.name} resize requires restart`;
  else if (resize) steps.update.push(resize);
  if (message === undefined) return;
  steps.kill.push({ container: before, message });
  steps.start.push({ container, kind, restartCount: before.restartCount + 1, restartDelayMs: 0 });
}

function restarts(restartPolicy: string | undefined, ended: RuntimeContainer): boolean {
  if (restartPolicy === 'Never') return false;
  return restartPolicy === 'OnFailure' ? !hasSucceeded(ended) : true;
}

function restart(
  container: ReadonlyContainer,
  kind: ContainerStart['kind'],
  ended: RuntimeContainer,
  nowMs: number,
  steps: Steps,
): void {
  const changed = ended.annotations[CONTAINER_ANNOTATIONS.hash] !== containerHash(container);
  const delayMs = changed ? 0 : restartDelayMs(ended);
  const untilMs = endedAtMs(ended) + delayMs;
  if (untilMs > nowMs) steps.wait.push({ name: container.name, delayMs, untilMs });
  else {
    const restartCount = ended.restartCount + 1;
    steps.start.push({ container, kind, restartCount, restartDelayMs: nextRestartDelayMs(delayMs) });
  }
}

/** The next instance after `before`, without waiting; one that was only created is started instead. */
function following(
  container: ReadonlyContainer,
  kind: ContainerStart['kind'],
  before: RuntimeContainer | undefined,
): ContainerStart {
  if (before === undefined) return { container, kind, restartCount: 0, restartDelayMs: 0 };
  const delayMs = restartDelayMs(before);
  if (before.state === 'created') {
    return { container, kind, restartCount: before.restartCount, restartDelayMs: delayMs };
  }
  return { container, kind, restartCount: before.restartCount + 1, restartDelayMs: nextRestartDelayMs(delayMs) };
}

/**
 * Of each container the newest instance is kept, and the newest ended one before
 * it, for its last state and `logs --previous`. One that was only created, for a
 * sandbox that is gone, can never start.
 */
function superfluous(state: PodState): RuntimeContainer[] {
  return [...state.containers.values()].flatMap((instances) =>
    instances.filter((one, index) => {
      if (one.state === 'running') return false;
      if (one.state === 'created') return index > 0 || current(state, one.name) === undefined;
      return instances.slice(1, index).some((newer) => newer.state === 'exited');
    }),
  );
}
