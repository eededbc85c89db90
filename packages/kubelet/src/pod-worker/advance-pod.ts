import type { TraceContext } from '@kubelab/runtime';
import { ImageError } from '../images/image-error.js';
import type { ReadonlyPod } from '../pod.js';
import { containerFieldPath } from '../pod-events.js';
import { type ContainerStart, type PodPlan, planPod } from './plan.js';
import { probeVerdictOf } from './pod-probes.js';
import {
  allocatedPod,
  DEFAULT_GRACE_PERIOD_SECONDS,
  logOf,
  type PodTask,
  podIPsOf,
  reportStatus,
  stateOf,
} from './pod-task.js';
import type { PodWorkerContext } from './pod-worker-context.js';
import { clearAway, tearDownVolumes } from './release-pod.js';
import { SandboxError } from './sandbox.js';
import { startContainer } from './start-container.js';
import { waitingFor } from './start-error.js';
import { stopContainer } from './stop-containers.js';

/** Takes a pod that is to run as far as it can be taken now. */
export async function advancePod(context: PodWorkerContext, task: PodTask, signal: AbortSignal): Promise<void> {
  const pod = allocatedPod(task);
  if (!pod) return;
  const plan = planPod(pod, stateOf(context, task), context.clock.now(), probeVerdictOf(context, task));
  task.finished = plan.finished;
  noteWaits(context, task, pod, plan);
  await findNetwork(context, task, pod, signal);
  await reportStatus(context, task, signal);
  if (plan.finished) return finish(context, task, pod, plan, signal);
  if (plan.createSandbox !== undefined || plan.start.length + plan.kill.length + plan.update.length > 0) {
    const attributes = { object: `pods/${pod.metadata.namespace}/${pod.metadata.name}` };
    await context.tracer.span('sync pod', { parent: task.trace, attributes }, (span) =>
      carryOut(context, task, pod, plan, span.context, signal),
    );
  } else {
    await clearAway(context, task, plan, signal);
    const { sandbox } = stateOf(context, task);
    if (sandbox) await task.sandboxes.ensureNetwork(pod, sandbox, task.trace, signal);
    await refreshVolumes(context, task, pod, signal);
  }
  await reportStatus(context, task, signal);
}

/**
 * A kubelet that has just started asks which address a running sandbox has
 * before it tells that there is none. Where that fails, it fails again below.
 */
async function findNetwork(
  context: PodWorkerContext,
  task: PodTask,
  pod: ReadonlyPod,
  signal: AbortSignal,
): Promise<void> {
  const { sandbox } = stateOf(context, task);
  if (sandbox?.state !== 'running' || podIPsOf(context, task).length > 0) return;
  await task.sandboxes.ensureNetwork(pod, sandbox, task.trace, signal).catch(() => undefined);
}

async function carryOut(
  context: PodWorkerContext,
  task: PodTask,
  pod: ReadonlyPod,
  plan: PodPlan,
  trace: TraceContext | undefined,
  signal: AbortSignal,
): Promise<void> {
  await kill(context, task, pod, plan, trace, signal);
  await clearAway(context, task, plan, signal);
  task.volumesTornDown = false;
  await context.tracer.span('prepare volumes', { parent: trace }, () => context.volumes.prepare(pod, signal));
  if (plan.createSandbox !== undefined) {
    requireNetwork(context, task, pod);
    await task.sandboxes.create(pod, plan.createSandbox, trace, signal);
  }
  const { sandbox } = stateOf(context, task);
  if (!sandbox) throw new SandboxError('Failed to create pod sandbox: it has gone again');
  const podIPs = await task.sandboxes.ensureNetwork(pod, sandbox, trace, signal);
  await updateResources(context, task, plan, signal);
  let allStarted = true;
  for (const start of plan.start) {
    const request = { pod, start, sandboxId: sandbox.id, podIPs, trace };
    allStarted = (await tryToStart(context, task, request, signal)) && allStarted;
  }
  // The next step may be possible at once: a sidecar that runs lets the next init container start.
  if (allStarted && plan.start.length > 0) task.waker.again();
}

/** An engine that refuses (a container that uses more memory than it is to have) is asked again, and the pod goes on. */
async function updateResources(
  { runtime, cache, clock, ...context }: PodWorkerContext,
  task: PodTask,
  plan: PodPlan,
  signal: AbortSignal,
): Promise<void> {
  task.resizeError = undefined;
  for (const { container, resources } of plan.update) {
    try {
      cache.put(await runtime.updateResources(container.id, resources, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      task.resizeError = `failed to resize container ${container.name}: ${(error as Error).message}`;
      logOf(context, task).info({ error, container: container.name }, 'cannot resize a container yet');
      task.waker.wakeAt(clock.now() + task.nextDelayMs());
    }
  }
}

async function refreshVolumes(
  context: PodWorkerContext,
  task: PodTask,
  pod: ReadonlyPod,
  signal: AbortSignal,
): Promise<void> {
  if (!task.volumesStale) return;
  task.volumesStale = false;
  try {
    await context.volumes.refresh(pod, signal);
  } catch (error) {
    task.volumesStale = true;
    throw error;
  }
}

function requireNetwork(context: PodWorkerContext, task: PodTask, pod: ReadonlyPod): void {
  const reason = pod.spec?.hostNetwork ? undefined : context.network.notReadyReason();
  if (reason === undefined) return;
  const message = `network is not ready: ${reason}`;
  context.events.warning(pod, 'NetworkNotReady', message, { trace: task.trace });
  throw new Error(message);
}

interface StartAttempt {
  readonly pod: ReadonlyPod;
  readonly start: ContainerStart;
  readonly sandboxId: string;
  readonly podIPs: readonly string[];
  readonly trace: TraceContext | undefined;
}

/** False where it could not be; then the reason is noted, and when to try again. */
async function tryToStart(
  context: PodWorkerContext,
  task: PodTask,
  attempt: StartAttempt,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, lifecycle } = attempt.start.container;
  const onStarted = (): void => {
    task.endWaiting(name);
    // The hook may take its time: that the container runs is told before.
    if (lifecycle?.postStart) void reportStatus(context, task, signal).catch(() => undefined);
  };
  try {
    await startContainer(context, { ...attempt, task, onStarted }, signal);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    logOf(context, task).info({ error, container: name }, 'cannot start a container yet');
    task.setWaiting(name, waitingFor(error));
    const retryAtMs = error instanceof ImageError ? error.retryAtMs : undefined;
    task.waker.wakeAt(retryAtMs ?? context.clock.now() + task.nextDelayMs());
    return false;
  }
}

async function kill(
  context: PodWorkerContext,
  task: PodTask,
  pod: ReadonlyPod,
  plan: PodPlan,
  trace: TraceContext | undefined,
  signal: AbortSignal,
): Promise<void> {
  const gracePeriodSeconds = pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_PERIOD_SECONDS;
  const request = { pod, podIP: podIPsOf(context, task)[0] ?? '', gracePeriodSeconds, trace };
  await Promise.all(
    plan.kill.map(({ container, message, gracePeriodSeconds: own }) =>
      stopContainer(context, container, message, { ...request, gracePeriodSeconds: own ?? gracePeriodSeconds }, signal),
    ),
  );
}

/** It has ended by itself: what it held is given back, its last containers stay for their logs. */
async function finish(
  context: PodWorkerContext,
  task: PodTask,
  pod: ReadonlyPod,
  plan: PodPlan,
  signal: AbortSignal,
): Promise<void> {
  await kill(context, task, pod, plan, task.trace, signal);
  await reportStatus(context, task, signal);
  await clearAway(context, task, plan, signal);
  await tearDownVolumes(context, task, signal);
}

/** Tells which containers crashed and are waited for, and forgets what is no longer waited for. */
function noteWaits(context: PodWorkerContext, task: PodTask, pod: ReadonlyPod, plan: PodPlan): void {
  const planned = new Set(plan.start.map(({ container }) => container.name));
  for (const name of [...task.waiting.keys()]) if (!planned.has(name)) task.endWaiting(name);
  const { namespace, name: podName, uid } = pod.metadata;
  for (const { name, delayMs, untilMs } of plan.wait) {
    const where = `${podName}_${namespace}(${uid})`;
    const message = `back-off ${formatDelay(delayMs)} restarting failed container=${name} pod=${where}`;
    task.setWaiting(name, { reason: 'CrashLoopBackOff', message });
    const about = { trace: task.trace, fieldPath: containerFieldPath(pod, name) };
    context.events.warning(pod, 'BackOff', `Back-off restarting failed container ${name} in pod ${where}`, about);
    task.waker.wakeAt(untilMs);
  }
}

/** As Go prints it: `10s`, `1m20s`, `5m0s`. */
function formatDelay(delayMs: number): string {
  const seconds = Math.round(delayMs / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
