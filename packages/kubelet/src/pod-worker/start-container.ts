import type { TraceContext } from '@kubelab/runtime';
import { type RuntimeContainer, RuntimeError } from '../container-runtime/runtime.js';
import { ContainerConfigError } from '../environment.js';
import type { ReadonlyPod } from '../pod.js';
import { containerFieldPath } from '../pod-events.js';
import { type ContainerIngredients, containerSpec } from './container-spec.js';
import { runContainerHook } from './lifecycle-hooks.js';
import type { ContainerStart } from './plan.js';
import { DEFAULT_GRACE_PERIOD_SECONDS, type PodTask } from './pod-task.js';
import type { PodWorkerContext } from './pod-worker-context.js';
import { StartError } from './start-error.js';
import { stopContainer } from './stop-containers.js';

export interface StartRequest {
  readonly pod: ReadonlyPod;
  readonly start: ContainerStart;
  readonly sandboxId: string;
  readonly podIPs: readonly string[];
  /** Its rank orders pods that wait for the engine; it is told of a postStart hook that is running. */
  readonly task: Pick<PodTask, 'rank' | 'beginHook' | 'endHook'>;
  readonly trace: TraceContext | undefined;
  /** Called when it runs, before its hook. */
  readonly onStarted: () => void;
}

/** Pulls, creates and starts one container. Rejects with ImageError, ContainerConfigError or StartError. */
export async function startContainer(
  context: PodWorkerContext,
  request: StartRequest,
  signal: AbortSignal,
): Promise<void> {
  const { pod, start, trace } = request;
  const { container } = start;
  const about = { fieldPath: containerFieldPath(pod, container.name), trace };
  const image = await context.tracer.span('ensure image', { parent: trace }, () =>
    context.images.ensure(pod, container, signal),
  );
  try {
    const ingredients = { ...(await prepare(context, request, signal)), image };
    const started = await context.engineLimiter.run(request.task.rank, signal, () =>
      createAndStart(context, request, ingredients, about, signal),
    );
    context.events.normal(pod, 'Started', `Started container ${container.name}`, about);
    await postStart(context, request, started, signal);
  } catch (error) {
    if (!signal.aborted && !(error instanceof StartError && error.reason === 'PostStartHookError')) {
      context.events.warning(pod, 'Failed', `Error: ${(error as Error).message}`, about);
    }
    throw error;
  }
}

type Prepared = Omit<ContainerIngredients, 'image'>;

async function prepare(context: PodWorkerContext, request: StartRequest, signal: AbortSignal): Promise<Prepared> {
  const { pod, start, sandboxId, podIPs, trace } = request;
  const { container, restartCount } = start;
  const about = { fieldPath: containerFieldPath(pod, container.name), trace };
  const source = {
    lookups: context.lookups,
    node: context.node(),
    podIPs,
    services: context.services(),
    warn: (reason: string, message: string) => context.events.warning(pod, reason, message, about),
  };
  const environment = await context.expandEnvironment(pod, container, source, signal);
  const [hostsFile, resolvConf] = await Promise.all([
    context.network.hostsFile(pod, podIPs),
    context.network.resolvConf(pod),
  ]);
  const mountContext = { environment, restartCount, hostsFile, resolvConf };
  const mounts = await context.volumes.mountsFor(pod, container, mountContext, signal);
  const { command, args } = context.expandCommand(container, environment);
  return { sandboxId, environment, mounts, command, args, machineMemoryBytes: context.machineMemoryBytes };
}

async function createAndStart(
  context: PodWorkerContext,
  { pod, start, trace }: StartRequest,
  ingredients: ContainerIngredients,
  about: { readonly fieldPath: string; readonly trace: TraceContext | undefined },
  signal: AbortSignal,
): Promise<RuntimeContainer> {
  const { runtime, cache, events, tracer } = context;
  const spec = containerSpec(pod, start, ingredients);
  if (spec.security.privileged) tellOfMissingCapabilities(context, pod, about);
  const id = await failing('CreateContainerError', signal, () =>
    tracer.span('create container', { parent: trace }, () => runtime.createContainer(spec, signal)),
  );
  events.normal(pod, 'Created', `Created container: ${spec.name}`, about);
  try {
    const started = await failing('RunContainerError', signal, () =>
      tracer.span('start container', { parent: trace }, () => runtime.startContainer(id, signal)),
    );
    cache.put(started);
    return started;
  } catch (error) {
    // It is there, with the reason why it did not start: that is its state from now on.
    const failed = signal.aborted ? undefined : await runtime.inspect(id, signal).catch(() => undefined);
    if (failed) cache.put(failed);
    throw error;
  }
}

function tellOfMissingCapabilities(
  { events, missingCapabilities }: PodWorkerContext,
  pod: ReadonlyPod,
  about: { readonly fieldPath: string },
): void {
  if (missingCapabilities.length === 0) return;
  const message = `The machine has no ${missingCapabilities.map((name) => `CAP_${name}`).join(', ')}: the privileged container gets every other capability`;
  events.warning(pod, 'PrivilegedLimited', message, about);
}

async function failing<T>(
  reason: 'CreateContainerError' | 'RunContainerError',
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted || error instanceof ContainerConfigError) throw error;
    const unreachable = error instanceof RuntimeError && error.kind === 'unreachable';
    throw unreachable ? error : new StartError(reason, (error as Error).message, { cause: error });
  }
}

async function postStart(
  context: PodWorkerContext,
  request: StartRequest,
  started: RuntimeContainer,
  signal: AbortSignal,
): Promise<void> {
  const { pod, start, podIPs, task, trace } = request;
  const handler = start.container.lifecycle?.postStart;
  if (!handler) return request.onStarted();
  task.beginHook(started.id);
  request.onStarted();
  const { container } = start;
  const podIP = podIPs[0] ?? '';
  try {
    const hook = { name: 'PostStart', pod, container, containerId: started.id, podIP, trace } as const;
    await runContainerHook(context, hook, handler, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const gracePeriodSeconds = pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_PERIOD_SECONDS;
    await stopContainer(context, started, 'FailedPostStartHook', { pod, podIP, gracePeriodSeconds, trace }, signal);
    throw new StartError('PostStartHookError', (error as Error).message, { cause: error });
  } finally {
    task.endHook(started.id);
  }
}
