import { isRestartableInitContainer } from '@kubelab/api';
import { sleep, type TraceContext } from '@kubelab/runtime';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import { containerFieldPath } from '../pod-events.js';
import { runContainerHook } from './lifecycle-hooks.js';
import type { PodWorkerContext } from './pod-worker-context.js';

export interface StopRequest {
  readonly pod: ReadonlyPod | undefined;
  readonly podIP: string;
  readonly gracePeriodSeconds: number;
  readonly trace: TraceContext | undefined;
}

/** What is left for SIGTERM where a preStop hook, or the wait for the turn, took all the time. */
const MIN_GRACE_AFTER_WAIT_SECONDS = 2;

/**
 * Stops all that run. Every preStop hook starts at once; the stop signal goes first to those of
 * spec.containers, together, then to the sidecars, the last one first (KEP-753). Where the grace period
 * is over before a sidecar's turn comes, it waits no longer.
 */
export async function stopContainers(
  context: PodWorkerContext,
  containers: readonly RuntimeContainer[],
  request: StopRequest,
  signal: AbortSignal,
): Promise<void> {
  const sidecarNames = (request.pod?.spec?.initContainers ?? [])
    .filter(isRestartableInitContainer)
    .map(({ name }) => name);
  const running = containers.filter(({ state }) => state === 'running');
  const stop = (one: RuntimeContainer, turn?: Promise<unknown>) =>
    stopContainer(context, one, `Stopping container ${one.name}`, { ...request, turn }, signal);
  const main = running.filter(({ name }) => !sidecarNames.includes(name));
  const ends: Promise<unknown>[] = [Promise.all(main.map((one) => stop(one)))];
  for (const name of sidecarNames.reverse()) {
    const turn = ends.at(-1);
    ends.push(Promise.all(running.filter((one) => one.name === name).map((one) => stop(one, turn))).then(() => turn));
  }
  await Promise.all(ends);
}

/** preStop hook, then the turn, then the stop signal, then SIGKILL, all within the grace period. */
export async function stopContainer(
  context: PodWorkerContext,
  container: RuntimeContainer,
  message: string,
  request: StopRequest & { readonly turn?: Promise<unknown> | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { pod, gracePeriodSeconds, trace, turn } = request;
  if (pod) {
    context.events.normal(pod, 'Killing', message, { fieldPath: containerFieldPath(pod, container.name), trace });
  }
  await context.tracer.span(
    'stop container',
    { parent: trace, attributes: { container: container.name } },
    async () => {
      const deadlineMs = context.clock.now() + gracePeriodSeconds * 1000;
      const hookRan = gracePeriodSeconds > 0 && (await preStop(context, container, request, signal));
      const waited = gracePeriodSeconds > 0 && turn !== undefined;
      if (waited) await turnOrDeadline(context, turn, deadlineMs, signal);
      const remaining = Math.ceil((deadlineMs - context.clock.now()) / 1000);
      const atLeast = hookRan || waited ? MIN_GRACE_AFTER_WAIT_SECONDS : 0;
      await context.runtime.stop(container.id, Math.max(atLeast, remaining), signal);
    },
  );
  const stopped = await context.runtime.inspect(container.id, signal);
  if (stopped) context.cache.put(stopped);
  else context.cache.drop(container.id);
}

async function turnOrDeadline(
  { clock }: PodWorkerContext,
  turn: Promise<unknown>,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const remainingMs = Math.max(0, deadlineMs - clock.now());
  try {
    await Promise.race([turn, sleep(remainingMs, AbortSignal.any([signal, over.signal]), clock)]);
  } finally {
    over.abort();
  }
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
    const hook = { name: 'PreStop', pod, container: spec, containerId: container.id, podIP, trace } as const;
    await runContainerHook(context, hook, handler, signal, late.signal);
  } catch {
    // Its failure has been told. The stop signal follows all the same.
    signal.throwIfAborted();
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
