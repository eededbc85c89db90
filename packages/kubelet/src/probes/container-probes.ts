import { type Clock, sleep } from '@kubelab/runtime';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyContainer } from '../pod.js';
import type { ProbeAttempt } from './probe-attempt.js';
import type { ReadonlyProbe } from './probe-check.js';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** What the probes of a container have found by now. */
export interface ProbeVerdict {
  /** Its startup probe has succeeded, or it has none. */
  readonly started: boolean;
  readonly ready: boolean;
  /** The probe that says that the container has to be killed. */
  readonly failed: 'startup' | 'liveness' | undefined;
}

export interface ProbedContainer {
  readonly running: RuntimeContainer;
  readonly container: ReadonlyContainer;
  readonly podIP: string;
  /** What was known of it before this kubelet started. */
  readonly before: { readonly started: boolean; readonly ready: boolean } | undefined;
}

export interface ContainerProbesOptions {
  /** Asks once. Rejects only with the signal's reason. */
  readonly check: (probe: ReadonlyProbe, of: ProbedContainer, signal: AbortSignal) => Promise<ProbeAttempt>;
  /** A verdict has changed. */
  readonly onChange: () => void;
  readonly onUnhealthy: (kind: ProbeKind, container: ReadonlyContainer, attempt: ProbeAttempt) => void;
  readonly clock: Clock;
}

const KINDS = { startup: 'startupProbe', liveness: 'livenessProbe', readiness: 'readinessProbe' } as const;

export function hasProbes(container: ReadonlyContainer): boolean {
  return Object.values(KINDS).some((field) => container[field] !== undefined);
}

/** The probes of one container, from its start to its end. */
class Probed {
  readonly #options: ContainerProbesOptions;
  readonly #of: ProbedContainer;
  readonly #stop = new AbortController();
  /** Ends what asks whether it is to be killed; readiness is asked for until the end. */
  readonly #ending = new AbortController();
  #started: boolean;
  #ready: boolean;
  #failed: ProbeVerdict['failed'];

  constructor(of: ProbedContainer, options: ContainerProbesOptions) {
    this.#of = of;
    this.#options = options;
    const { startupProbe, readinessProbe } = of.container;
    this.#started = startupProbe === undefined || (of.before?.started ?? false);
    this.#ready = readinessProbe === undefined || (of.before?.ready ?? false);
  }

  get verdict(): ProbeVerdict {
    return { started: this.#started, ready: this.#started && this.#ready, failed: this.#failed };
  }

  stop(): void {
    this.#stop.abort(new Error('the container has ended'));
  }

  endLiveness(): void {
    this.#ending.abort(new Error('the pod is ending'));
  }

  async run(): Promise<void> {
    if (!this.#started) await this.#ask('startup');
    if (!this.#started) return;
    await Promise.all([this.#ask('liveness'), this.#ask('readiness')]);
  }

  /** Again and again, until nothing more is to be known or the container has ended. */
  async #ask(kind: ProbeKind): Promise<void> {
    const { container, running } = this.#of;
    const { clock } = this.#options;
    const probe = container[KINDS[kind]];
    if (!probe) return;
    const { signal } =
      kind === 'readiness' ? this.#stop : { signal: AbortSignal.any([this.#stop.signal, this.#ending.signal]) };
    const beginMs = running.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000;
    let streak = { good: false, length: 0 };
    try {
      await sleep(Math.max(0, beginMs - clock.now()), signal, clock);
      for (;;) {
        const askedMs = clock.now();
        const attempt = await this.#options.check(probe, this.#of, signal);
        signal.throwIfAborted();
        if (attempt.outcome !== 'success') this.#options.onUnhealthy(kind, container, attempt);
        if (attempt.outcome !== 'error') {
          const good = attempt.outcome === 'success';
          streak = { good, length: good === streak.good ? streak.length + 1 : 1 };
          const threshold = good ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
          if (streak.length >= threshold && this.#settle(kind, good)) return;
        }
        const nextMs = askedMs + (probe.periodSeconds ?? 10) * 1000;
        await sleep(Math.max(0, nextMs - clock.now()), signal, clock);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** True where nothing more is to be asked. */
  #settle(kind: ProbeKind, good: boolean): boolean {
    const before = this.verdict;
    if (kind === 'readiness') this.#ready = good;
    else if (!good) this.#failed = kind;
    else if (kind === 'startup') this.#started = true;
    const { started, ready, failed } = this.verdict;
    if (started !== before.started || ready !== before.ready || failed !== before.failed) this.#options.onChange();
    return kind !== 'readiness' && (!good || kind === 'startup');
  }
}

/** The probes of one pod's containers. */
export class ContainerProbes {
  readonly #options: ContainerProbesOptions;
  readonly #probed = new Map<string, Probed>();

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
  }

  /** Probes those that run, and no others. */
  follow(containers: readonly ProbedContainer[]): void {
    const ids = new Set(containers.map(({ running }) => running.id));
    for (const [id, probed] of this.#probed) {
      if (ids.has(id)) continue;
      probed.stop();
      this.#probed.delete(id);
    }
    for (const one of containers) {
      if (this.#probed.has(one.running.id)) continue;
      const probed = new Probed(one, this.#options);
      this.#probed.set(one.running.id, probed);
      void probed.run();
    }
  }

  /** Undefined for what is not probed. */
  verdict(containerId: string): ProbeVerdict | undefined {
    return this.#probed.get(containerId)?.verdict;
  }

  /** The pod is ending: nothing is killed for its liveness any more. */
  endLiveness(): void {
    for (const probed of this.#probed.values()) probed.endLiveness();
  }

  stop(): void {
    this.follow([]);
  }
}
