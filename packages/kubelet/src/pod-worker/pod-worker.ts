import { deepEqual, isTerminalPhase } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';
import type { PodIdentity } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { VolumeSetupError } from '../volume-manager.js';
import { advancePod } from './advance-pod.js';
import { allocationBefore, haveSameResources, type PendingResize } from './allocation.js';
import type { PodFailure } from './pod-failure.js';
import { allocatedPod, gracePeriodSeconds, logOf, PodTask, type PodWaker, reportStatus } from './pod-task.js';
import type { PodWorkerContext } from './pod-worker-context.js';
import { SandboxError } from './sandbox.js';
import { terminatePod } from './terminate-pod.js';

export interface PodWorkerOptions {
  readonly context: PodWorkerContext;
  readonly identity: PodIdentity;
  /** Pods with a lower one get the engine first. */
  readonly rank: number;
  /** Set for a pod that this node does not take. */
  readonly rejection: PodFailure | undefined;
  readonly owner: PodWorkerOwner;
}

/** Who has made a worker, and is told of what it does. */
export interface PodWorkerOwner {
  /** Ends what workers do; none listens to it for as long as it has nothing to do. */
  readonly signal: AbortSignal;
  /** It works for as long as this is pending. Never rejects. */
  working(work: Promise<void>): void;
  /** Nothing is left of its pod. */
  finished(worker: PodWorker): void;
  /** Why a pod cannot have the cpu and memory that it asks for beside the node's others; undefined: it can. */
  pendingResize(pod: ReadonlyPod): PendingResize | undefined;
  /** Some pod has less than it had: others may have what they wait for. */
  released(): void;
}

type Mode = 'running' | 'terminating';

interface Sync {
  readonly abort: AbortController;
  readonly mode: Mode;
  readonly gracePeriodSeconds: number;
}

/**
 * One pod on this node, from its first sight to its last trace: one sync at a
 * time, from what is so now. While there is nothing to do it holds its pod and
 * nothing else: no promise, no timer, no listener.
 */
export class PodWorker implements PodWaker {
  readonly #context: PodWorkerContext;
  readonly #owner: PodWorkerOwner;
  readonly #task: PodTask;
  /** Somebody has said what the pod is to be. */
  #told = false;
  #dirty = false;
  /** The first sync has begun. */
  #started = false;
  #working = false;
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #sync: Sync | undefined;

  constructor({ context, identity, rank, rejection, owner }: PodWorkerOptions) {
    this.#context = context;
    this.#owner = owner;
    this.#task = new PodTask(identity, rank, rejection, this, context);
  }

  get uid(): string {
    return this.#task.identity.uid;
  }

  /** Once the owner's signal has aborted: what is under way ends, and nothing follows it. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#task.probes?.stop();
    this.#sync?.abort.abort(this.#owner.signal.reason);
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
    const { signal } = this.#owner;
    void reportStatus(this.#context, this.#task, signal).catch((error: unknown) => {
      if (!signal.aborted) logOf(this.#context, this.#task).debug({ error }, 'cannot tell the status of the pod');
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

  /** With the cpu and memory that it has been given. */
  get allocated(): ReadonlyPod | undefined {
    return allocatedPod(this.#task);
  }

  /** It waits for cpu or memory that others have. */
  get isDeferred(): boolean {
    return this.#task.pendingResize?.reason === 'Deferred';
  }

  /**
   * Whether it still holds, or will hold, resources of the node: the scheduler counts on those of a pod as soon as the
   * apiserver has lost it, which may be before we have heard.
   */
  get isActive(): boolean {
    const { failure, ended, deleted, pod } = this.#task;
    return failure === undefined && !ended && !deleted && !isTerminalPhase(pod?.status?.phase);
  }

  again(): void {
    this.#dirty = true;
  }

  wakeAt(timeMs: number): void {
    if (this.#owner.signal.aborted || (this.#timer && this.#timer.atMs <= timeMs)) return;
    this.#timer?.cancel();
    const { clock } = this.#context;
    const ring = (): void => {
      this.#timer = undefined;
      this.#wake();
    };
    this.#timer = { atMs: timeMs, cancel: clock.setTimeout(ring, Math.max(0, timeMs - clock.now())) };
  }

  #wake(): void {
    this.#dirty = true;
    if (this.#working || !this.#told || this.#owner.signal.aborted) return;
    this.#working = true;
    this.#owner.working(this.#work());
  }

  /** What is under way is of no use once the pod is to end, or to end sooner. */
  #interrupt(): void {
    const sync = this.#sync;
    if (!sync) return;
    const mode = this.#mode();
    const sooner = mode === 'terminating' && gracePeriodSeconds(this.#task) < sync.gracePeriodSeconds;
    if (mode !== sync.mode || sooner) sync.abort.abort(new Error('the pod is to end'));
  }

  /** Syncs until there is nothing to do. */
  async #work(): Promise<void> {
    // What else is said meanwhile is heard first.
    await this.#context.turn();
    while (this.#dirty && !this.#owner.signal.aborted) {
      this.#dirty = false;
      if (await this.#syncOnce()) {
        this.#timer?.cancel();
        this.#context.images.forget(this.uid);
        this.#owner.finished(this);
        // Nothing wakes it any more.
        return;
      }
    }
    this.#working = false;
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
    const { signal } = abort;
    this.#sync = { abort, mode, gracePeriodSeconds: gracePeriodSeconds(task) };
    try {
      if (mode === 'terminating') return await terminatePod(this.#context, task, signal);
      this.#allocate();
      await advancePod(this.#context, task, signal);
      if (task.waiting.size === 0) task.succeeded();
    } catch (error) {
      if (signal.aborted) this.#dirty = true;
      else this.#retry(error);
    } finally {
      this.#sync = undefined;
    }
    return false;
  }

  /** Gives the pod what it asks for, if the node has it; otherwise it goes on with what it has. */
  #allocate(): void {
    const task = this.#task;
    const { pod } = task;
    if (!pod?.spec) return;
    task.given ??= allocationBefore(pod) ?? pod.spec;
    const before = task.given;
    if (before === pod.spec) return;
    const isSame = haveSameResources(pod.spec, before);
    task.pendingResize = isSame ? undefined : this.#owner.pendingResize(pod);
    if (task.pendingResize) return;
    task.given = pod.spec;
    if (isSame) return;
    // The downward API shows requests and limits.
    task.volumesStale = true;
    this.#owner.released();
  }

  #retry(error: unknown): void {
    const { events, clock } = this.#context;
    const { pod, trace } = this.#task;
    const { message } = error as Error;
    logOf(this.#context, this.#task).warn({ error }, 'cannot bring the pod to its spec yet');
    if (pod && error instanceof VolumeSetupError) events.warning(pod, 'FailedMount', message, { trace });
    if (pod && error instanceof SandboxError) events.warning(pod, 'FailedCreatePodSandBox', message, { trace });
    this.wakeAt(clock.now() + this.#task.nextDelayMs());
  }

  #checkDeadline(): void {
    const { pod, trace } = this.#task;
    const { activeDeadlineSeconds } = pod?.spec ?? {};
    const startedAtMs = Date.parse(pod?.status?.startTime ?? '');
    if (!pod || activeDeadlineSeconds === undefined || Number.isNaN(startedAtMs)) return;
    if (this.#mode() === 'terminating') return;
    const deadlineMs = startedAtMs + activeDeadlineSeconds * 1000;
    if (this.#context.clock.now() < deadlineMs) {
      this.wakeAt(deadlineMs);
      return;
    }
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#task.failure = { reason: 'DeadlineExceeded', message };
    this.#context.events.normal(pod, 'DeadlineExceeded', message, { trace });
  }
}

/** The later version is the earlier one but for what the kubelet itself has written. */
function asksForTheSame(before: ReadonlyPod, now: ReadonlyPod): boolean {
  return deepEqual(requestOf(before), requestOf(now));
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
