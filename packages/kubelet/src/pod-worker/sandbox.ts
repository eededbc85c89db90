import type { TraceContext } from '@kubelab/runtime';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { sandboxSpec } from './container-spec.js';
import type { PodWorkerContext } from './pod-worker-context.js';

/** A sandbox that could not be made or connected: event FailedCreatePodSandBox, tried again. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/** Sandboxes of one pod: the namespaces that its containers share, and their network. */
export class Sandboxes {
  /** Of the sandbox that has its network; a pod has one at a time. */
  #attached: { readonly sandboxId: string; readonly ips: readonly string[] } | undefined;

  /** `rank` orders pods that wait for the engine. */
  constructor(
    private readonly context: PodWorkerContext,
    private readonly rank: number,
  ) {}

  /** Makes one and gives it its network. Idempotent. */
  async create(pod: ReadonlyPod, attempt: number, trace: TraceContext | undefined, signal: AbortSignal): Promise<void> {
    const { runtime, cache, tracer, engineLimiter, network } = this.context;
    const sandbox = await failing('Failed to create pod sandbox', signal, async () => {
      const spec = sandboxSpec(pod, attempt, network.hostname(pod));
      return engineLimiter.run(this.rank, signal, () =>
        tracer.span('run sandbox', { parent: trace }, () => runtime.runSandbox(spec, signal)),
      );
    });
    cache.put(sandbox);
    await this.ensureNetwork(pod, sandbox, trace, signal);
  }

  /** Gives a running one its network, unless it has it. */
  async ensureNetwork(
    pod: ReadonlyPod,
    sandbox: RuntimeContainer,
    trace: TraceContext | undefined,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { network, tracer, node } = this.context;
    if (pod.spec?.hostNetwork) return [node().ip];
    const { id: containerId, pid } = sandbox;
    if (this.#attached?.sandboxId === containerId) return this.#attached.ips;
    return failing('Failed to create pod sandbox', signal, async () => {
      const { ips } = await tracer.span('set up pod network', { parent: trace }, () =>
        network.setUp(pod, { containerId, pid }, signal),
      );
      this.#attached = { sandboxId: containerId, ips };
      return ips;
    });
  }

  /** Takes its network back, then removes it. Idempotent. */
  async remove(sandbox: RuntimeContainer, signal: AbortSignal): Promise<void> {
    const { runtime, cache, network, engineLimiter } = this.context;
    await network.tearDown({ containerId: sandbox.id, pid: sandbox.pid }, signal);
    await engineLimiter.run(this.rank, signal, () => runtime.remove(sandbox.id, signal));
    if (this.#attached?.sandboxId === sandbox.id) this.#attached = undefined;
    cache.drop(sandbox.id);
  }

  /** [] until it has its network. */
  addressesOf(sandbox: RuntimeContainer | undefined, pod: ReadonlyPod): readonly string[] {
    if (sandbox?.state !== 'running') return [];
    if (pod.spec?.hostNetwork) return [this.context.node().ip];
    return this.#attached?.sandboxId === sandbox.id ? this.#attached.ips : [];
  }
}

async function failing<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SandboxError(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
