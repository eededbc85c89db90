import { isRestartableInitContainer } from '@kubelab/api';
import { sleep, type TraceContext } from '@kubelab/runtime';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import { containerFieldPath } from '../pod-events.js';
import { runLifecycleHook } from './lifecycle-hooks.js';
import type { PodWorkerContext } from './pod-worker-context.js';

export interface StopRequest {
  readonly pod: ReadonlyPod | undefined;
  readonly podIP: string;
  readonly gracePeriodSeconds: number;
  readonly trace: TraceContext | undefined;
}

/** What is left for SIGTERM where a preStop hook took all the time. */
const MIN_GRACE_AFTER_HOOK_SECONDS = 2;

/** Stops all that run: first those of spec.containers, together, then the sidecars, the last one first (KEP-753). */
export async function stopContainers(
  context: PodWorkerContext,
  containers: readonly RuntimeContainer[],
  request: StopRequest,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = context.clock.now() + request.gracePeriodSeconds * 1000;
  const sidecarNames = (request.pod?.spec?.initContainers ?? [])
    .filter(isRestartableInitContainer)
    .map(({ name }) => name);
  const running = containers.filter(({ state }) => state === 'running');
  const main = running.filter(({ name }) => !sidecarNames.includes(name));
  await Promise.all(main.map((one) => stopContainer(context, one, `Stopping container ${one.name}`, request, signal)));
  for (const name of sidecarNames.reverse()) {
    const remainingSeconds = Math.max(0, Math.ceil((deadlineMs - context.clock.now()) / 1000));
    const ofTheRest = { ...request, gracePeriodSeconds: remainingSeconds };
    for (const one of running.filter((container) => container.name === name)) {
      await stopContainer(context, one, `Stopping container ${name}`, ofTheRest, signal);
    }
  }
}

/** preStop hook, then the stop signal, then SIGKILL, all within the grace period. */
export async function stopContainer(
  context: PodWorkerContext,
  container: RuntimeContainer,
  message: string,
  request: StopRequest,
  signal: AbortSignal,
): Promise<void> {
  const { pod, gracePeriodSeconds, trace } = request;
  if (pod) {
    context.events.normal(pod, 'Killing', message, { fieldPath: containerFieldPath(pod, container.name), trace });
  }
  await context.tracer.span(
    'stop container',
    { parent: trace, attributes: { container: container.name } },
    async () => {
      const startedAtMs = context.clock.now();
      const hookRan = gracePeriodSeconds > 0 && (await preStop(context, container, request, signal));
      const usedSeconds = (context.clock.now() - startedAtMs) / 1000;
      const remaining = Math.ceil(gracePeriodSeconds - usedSeconds);
      const graceSeconds = hookRan ? Math.max(MIN_GRACE_AFTER_HOOK_SECONDS, remaining) : Math.max(0, remaining);
      await context.runtime.stop(container.id, graceSeconds, signal);
    },
  );
  const stopped = await context.runtime.inspect(container.id, signal);
  if (stopped) context.cache.put(stopped);
  else context.cache.drop(container.id);
}

/** True where there was a hook, whatever came of it. */
async function preStop(
  context: PodWorkerContext,
  container: RuntimeContainer,
  { pod, podIP, gracePeriodSeconds, trace }: StopRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const spec = specOf(pod, container.name);
  const handler = spec?.lifecycle?.preStop;
  if (!pod || !spec || !handler) return false;
  const late = new AbortController();
  const timer = sleep(gracePeriodSeconds * 1000, AbortSignal.any([signal, late.signal]), context.clock).then(
    () => late.abort(new Error(`preStop hook took longer than ${gracePeriodSeconds} s`)),
    () => undefined,
  );
  try {
    const target = { runtime: context.runtime, containerId: container.id, container: spec, podIP };
    await runLifecycleHook(handler, target, AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (signal.aborted) throw error;
    const about = { fieldPath: containerFieldPath(pod, container.name), trace };
    context.events.warning(pod, 'FailedPreStopHook', `PreStopHook failed: ${(error as Error).message}`, about);
  } finally {
    late.abort();
    await timer;
  }
  return true;
}

function specOf(pod: ReadonlyPod | undefined, name: string): ReadonlyContainer | undefined {
  const { containers = [], initContainers = [] } = pod?.spec ?? {};
  return [...containers, ...initContainers].find((container) => container.name === name);
}
