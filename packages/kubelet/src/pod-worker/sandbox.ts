import type { TraceContext } from '@kubelab/runtime';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { sandboxSpec } from './container-spec.js';
import type { PodWorkerContext } from './pod-worker-context.js';

/** Sandboxes of one pod: the namespaces that its containers share, and their network. */
export interface Sandboxes {
  /** Makes one and gives it its network. Idempotent. */
  create(pod: ReadonlyPod, attempt: number, trace: TraceContext | undefined, signal: AbortSignal): Promise<void>;
  /** Gives a running one its network, unless it has it. */
  ensureNetwork(
    pod: ReadonlyPod,
    sandbox: RuntimeContainer,
    trace: TraceContext | undefined,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Takes its network back, then removes it. Idempotent. */
  remove(sandbox: RuntimeContainer, signal: AbortSignal): Promise<void>;
  /** [] until it has its network. */
  addressesOf(sandbox: RuntimeContainer | undefined, pod: ReadonlyPod): readonly string[];
}

/** A sandbox that could not be made or connected: event FailedCreatePodSandBox, tried again. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/** `rank` orders pods that wait for the engine. */
export function createSandboxes(context: PodWorkerContext, rank: number): Sandboxes {
  const { runtime, cache, network, tracer, engineLimiter } = context;
  const addresses = new Map<string, readonly string[]>();

  async function ensureNetwork(
    pod: ReadonlyPod,
    sandbox: RuntimeContainer,
    trace: TraceContext | undefined,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (pod.spec?.hostNetwork) return [context.node().ip];
    const known = addresses.get(sandbox.id);
    if (known) return known;
    const { id: containerId, pid } = sandbox;
    return failing('Failed to create pod sandbox', signal, async () => {
      const { ips } = await tracer.span('set up pod network', { parent: trace }, () =>
        network.setUp(pod, { containerId, pid }, signal),
      );
      addresses.set(sandbox.id, ips);
      return ips;
    });
  }

  return {
    ensureNetwork,

    async create(pod, attempt, trace, signal) {
      const sandbox = await failing('Failed to create pod sandbox', signal, () =>
        engineLimiter.run(rank, signal, () =>
          tracer.span('run sandbox', { parent: trace }, () => runtime.runSandbox(sandboxSpec(pod, attempt), signal)),
        ),
      );
      cache.put(sandbox);
      await ensureNetwork(pod, sandbox, trace, signal);
    },

    async remove(sandbox, signal) {
      await network.tearDown({ containerId: sandbox.id, pid: sandbox.pid }, signal);
      await engineLimiter.run(rank, signal, () => runtime.remove(sandbox.id, signal));
      addresses.delete(sandbox.id);
      cache.drop(sandbox.id);
    },

    addressesOf(sandbox, pod) {
      if (sandbox?.state !== 'running') return [];
      return pod.spec?.hostNetwork ? [context.node().ip] : (addresses.get(sandbox.id) ?? []);
    },
  };
}

async function failing<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SandboxError(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
