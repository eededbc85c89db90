import { isDeepStrictEqual } from 'node:util';
import { isTerminalPhase } from '@kubelab/api';
import { createBackoff, type TraceContext } from '@kubelab/runtime';
import type { PodIdentity } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { VolumeSetupError } from '../volume-manager.js';
import { advancePod } from './advance-pod.js';
import { gracePeriodSeconds, type PodFailure, type PodTask, reportStatus } from './pod-task.js';
import type { PodWorkerContext } from './pod-worker-context.js';
import { createSandboxes, SandboxError } from './sandbox.js';
import { terminatePod } from './terminate-pod.js';
import { TerminationMessages } from './termination-messages.js';

export interface PodWorkerOptions {
  readonly context: PodWorkerContext;
  readonly identity: PodIdentity;
  /** Pods with a lower one get the engine first. */
  readonly rank: number;
  /** Set for a pod that this node does not take. */
  readonly rejection: PodFailure | undefined;
  readonly signal: AbortSignal;
}

type Mode = 'running' | 'terminating';

interface Sync {
  readonly abort: AbortController;
  readonly mode: Mode;
  readonly gracePeriodSeconds: number;
}

/** One pod on this node, from its first sight to its last trace: one sync at a time, from what is so now. */
export class PodWorker {
  /** Resolves when nothing is left of it, or the signal has aborted. */
  readonly done: Promise<void>;
  readonly #context: PodWorkerContext;
  readonly #signal: AbortSignal;
  readonly #task: PodTask;
  /** Somebody has said what the pod is to be. */
  #told = false;
  #dirty = false;
  /** The first sync has begun. */
  #started = false;
  #wakeUp: (() => void) | undefined;
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #sync: Sync | undefined;

  constructor({ context, identity, rank, rejection, signal }: PodWorkerOptions) {
    this.#context = context;
    this.#signal = signal;
    this.#task = {
      identity,
      rank,
      log: context.log.child({ namespace: identity.namespace, pod: identity.name, uid: identity.uid }),
      sandboxes: createSandboxes(context, rank),
      messages: new TerminationMessages(context.runtime, context.volumes),
      backoff: createBackoff({ initialMs: 1_000, maxMs: 30_000 }),
      starting: new Set(),
      waiting: new Map(),
      pod: undefined,
      trace: undefined,
      deleted: false,
      failure: rejection,
      finished: false,
      ended: false,
      volumesTornDown: false,
      volumesStale: false,
      wakeAt: (timeMs) => this.#wakeAt(timeMs),
      again: () => {
        this.#dirty = true;
      },
    };
    this.done = this.#run();
  }

  /** The pod's newest version; undefined: the apiserver has no such pod. */
  update(pod: ReadonlyPod | undefined, trace: TraceContext | undefined): void {
    const task = this.#task;
    this.#told = true;
    const before = task.pod;
    if (trace) task.trace = trace;
    if (pod) task.pod = pod;
    else task.deleted = true;
    if (pod && before && asksForTheSame(before, pod)) {
      this.#tell();
      return;
    }
    this.#interrupt();
    this.#wake();
  }

  /** Something of it has changed on the node. */
  wake(): void {
    this.#wake();
    // A sync may be waiting for a long pull: what is so now is told meanwhile.
    if (this.#sync?.mode === 'running') this.#tell();
  }

  /** The status only. Whoever has written another one is put right. */
  #tell(): void {
    if (!this.#started) return;
    void reportStatus(this.#context, this.#task, this.#signal).catch((error: unknown) => {
      if (!this.#signal.aborted) this.#task.log.debug({ error }, 'cannot tell the status of the pod');
    });
  }

  /** What its volumes are made from has changed. */
  refreshVolumes(): void {
    this.#task.volumesStale = true;
    this.#wake();
  }

  get pod(): ReadonlyPod | undefined {
    return this.#task.pod;
  }

  /** Whether it still holds, or will hold, resources of the node. */
  get isActive(): boolean {
    return this.#task.failure === undefined && !isTerminalPhase(this.#task.pod?.status?.phase);
  }

  #wake(): void {
    this.#dirty = true;
    this.#wakeUp?.();
  }

  /** What is under way is of no use once the pod is to end, or to end sooner. */
  #interrupt(): void {
    const sync = this.#sync;
    if (!sync) return;
    const mode = this.#mode();
    const sooner = mode === 'terminating' && gracePeriodSeconds(this.#task) < sync.gracePeriodSeconds;
    if (mode !== sync.mode || sooner) sync.abort.abort(new Error('the pod is to end'));
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      await this.#awaken();
      if (this.#signal.aborted || !this.#told) continue;
      if (await this.#syncOnce()) break;
    }
    this.#timer?.cancel();
    this.#context.images.forget(this.#task.identity.uid);
  }

  #awaken(): Promise<void> {
    return new Promise((resolve) => {
      const proceed = (): void => {
        this.#signal.removeEventListener('abort', proceed);
        this.#wakeUp = undefined;
        this.#dirty = false;
        resolve();
      };
      if (this.#dirty || this.#signal.aborted) return proceed();
      this.#wakeUp = proceed;
      this.#signal.addEventListener('abort', proceed, { once: true });
    });
  }

  #wakeAt(timeMs: number): void {
    if (this.#timer && this.#timer.atMs <= timeMs) return;
    this.#timer?.cancel();
    const { clock } = this.#context;
    const delayMs = Math.max(0, timeMs - clock.now());
    const ring = (): void => {
      this.#timer = undefined;
      this.#wake();
    };
    this.#timer = { atMs: timeMs, cancel: clock.setTimeout(ring, delayMs, this.#signal) };
  }

  #mode(): Mode {
    const { pod, deleted, failure } = this.#task;
    const ending = deleted || failure !== undefined || pod?.metadata.deletionTimestamp !== undefined;
    return ending || isTerminalPhase(pod?.status?.phase) ? 'terminating' : 'running';
  }

  /** True once nothing is left of the pod. */
  async #syncOnce(): Promise<boolean> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#started = true;
    this.#checkDeadline();
    const task = this.#task;
    const mode = this.#mode();
    const abort = new AbortController();
    const signal = AbortSignal.any([this.#signal, abort.signal]);
    this.#sync = { abort, mode, gracePeriodSeconds: gracePeriodSeconds(task) };
    try {
      if (mode === 'terminating') return await terminatePod(this.#context, task, signal);
      await advancePod(this.#context, task, signal);
      if (task.waiting.size === 0) task.backoff.reset();
    } catch (error) {
      if (signal.aborted) this.#dirty = true;
      else this.#retry(error);
    } finally {
      this.#sync = undefined;
    }
    return false;
  }

  #retry(error: unknown): void {
    const { events, clock } = this.#context;
    const { pod, trace, log, backoff } = this.#task;
    const { message } = error as Error;
    log.warn({ error }, 'cannot bring the pod to its spec yet');
    if (pod && error instanceof VolumeSetupError) events.warning(pod, 'FailedMount', message, { trace });
    if (pod && error instanceof SandboxError) events.warning(pod, 'FailedCreatePodSandBox', message, { trace });
    this.#wakeAt(clock.now() + backoff.next());
  }

  #checkDeadline(): void {
    const { pod, trace } = this.#task;
    const { activeDeadlineSeconds } = pod?.spec ?? {};
    const startedAtMs = Date.parse(pod?.status?.startTime ?? '');
    if (!pod || activeDeadlineSeconds === undefined || Number.isNaN(startedAtMs)) return;
    if (this.#mode() === 'terminating') return;
    const deadlineMs = startedAtMs + activeDeadlineSeconds * 1000;
    if (this.#context.clock.now() < deadlineMs) {
      this.#wakeAt(deadlineMs);
      return;
    }
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#task.failure = { reason: 'DeadlineExceeded', message };
    this.#context.events.normal(pod, 'DeadlineExceeded', message, { trace });
  }
}

/** The later version is the earlier one but for what the kubelet itself has written. */
function asksForTheSame(before: ReadonlyPod, now: ReadonlyPod): boolean {
  return isDeepStrictEqual(requestOf(before), requestOf(now));
}

function requestOf({ metadata, spec, status }: ReadonlyPod): unknown {
  const gates = new Set(spec?.readinessGates?.map(({ conditionType }) => conditionType));
  return [
    spec,
    metadata.deletionTimestamp,
    metadata.deletionGracePeriodSeconds,
    isTerminalPhase(status?.phase),
    status?.conditions?.filter(({ type }) => gates.has(type)).map(({ type, status: value }) => [type, value]),
  ];
}
