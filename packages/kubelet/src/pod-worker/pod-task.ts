import { type Backoff, createBackoff, type TraceContext } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { PodIdentity } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import type { ContainerProbes } from '../probes/container-probes.js';
import type { Waiting } from '../status/container-status.js';
import { podStatus } from '../status/pod-status.js';
import { type PendingResize, withAllocation } from './allocation.js';
import type { PodFailure } from './pod-failure.js';
import { followProbes, probeVerdictOf } from './pod-probes.js';
import { type PodState, toPodState } from './pod-state.js';
import type { PodWorkerContext } from './pod-worker-context.js';
import { Sandboxes } from './sandbox.js';
import { TerminationMessages } from './termination-messages.js';

/** Who is asked for another sync. */
export interface PodWaker {
  /** At this time, or sooner. */
  wakeAt(timeMs: number): void;
  /** After the one that is under way. */
  again(): void;
  /** Now; what is under way goes on, and the status is told meanwhile. */
  wake(): void;
}

/**
 * What a worker knows of its pod. All of it can be found out again by a kubelet
 * that starts anew. A hollow process has tens of thousands: what only some pods
 * need is made when they do.
 */
export class PodTask {
  readonly sandboxes: Sandboxes;
  readonly messages: TerminationMessages;
  /** The newest version; undefined: only its containers are known. */
  pod: ReadonlyPod | undefined;
  /** Of the write that made the newest version. */
  trace: TraceContext | undefined;
  /** The apiserver has no such pod any more. */
  deleted = false;
  /** Nothing of it will be started again. */
  finished = false;
  /** Nothing of it runs, and nothing will. */
  ended = false;
  volumesTornDown = false;
  /** The spec whose cpu and memory its containers have been given; mostly that of `pod` itself. */
  given: ReadonlyPod['spec'];
  /** Why they have not been given what they ask for by now. */
  pendingResize: PendingResize | undefined;
  /** Why they do not have yet what they have been given. */
  resizeError: string | undefined;
  /** Undefined where no container of it has a probe. */
  probes: ContainerProbes | undefined;
  /** What its volumes are made from has changed since they were. */
  volumesStale = false;
  #starting: Set<string> | undefined;
  #waiting: Map<string, Waiting> | undefined;
  #backoff: Backoff | undefined;

  constructor(
    readonly identity: PodIdentity,
    readonly rank: number,
    public failure: PodFailure | undefined,
    readonly waker: PodWaker,
    context: PodWorkerContext,
  ) {
    this.sandboxes = new Sandboxes(context, rank);
    this.messages = new TerminationMessages(context.runtime, context.volumes);
  }

  /** Of containers that run and whose postStart hook has not finished. */
  get starting(): ReadonlySet<string> {
    return this.#starting ?? NONE;
  }

  beginHook(containerId: string): void {
    this.#starting ??= new Set();
    this.#starting.add(containerId);
  }

  endHook(containerId: string): void {
    this.#starting?.delete(containerId);
  }

  /** Why containers are not running, by name. */
  get waiting(): ReadonlyMap<string, Waiting> {
    return this.#waiting ?? NOTHING_WAITS;
  }

  setWaiting(containerName: string, waiting: Waiting): void {
    this.#waiting ??= new Map();
    this.#waiting.set(containerName, waiting);
  }

  endWaiting(containerName: string): void {
    this.#waiting?.delete(containerName);
  }

  /** How long to wait now that an attempt has failed; longer each time. */
  nextDelayMs(): number {
    this.#backoff ??= createBackoff({ initialMs: 1_000, maxMs: 30_000 });
    return this.#backoff.next();
  }

  succeeded(): void {
    this.#backoff = undefined;
  }
}

const NONE: ReadonlySet<string> = new Set();
const NOTHING_WAITS: ReadonlyMap<string, Waiting> = new Map();

/** Names the pod in every line. */
export function logOf({ log }: Pick<PodWorkerContext, 'log'>, { identity }: PodTask): Logger {
  return log.child({ namespace: identity.namespace, pod: identity.name, uid: identity.uid });
}

/** The pod as it is to run: with the cpu and memory that it has been given. */
export function allocatedPod({ pod, given }: Pick<PodTask, 'pod' | 'given'>): ReadonlyPod | undefined {
  return pod && withAllocation(pod, given);
}

export const DEFAULT_GRACE_PERIOD_SECONDS = 30;
/** For what is left of a pod that nobody knows any more. */
const ORPHAN_GRACE_PERIOD_SECONDS = 1;

/** What a delete asked for; otherwise what the pod has for itself. */
export function gracePeriodSeconds({ pod }: Pick<PodTask, 'pod'>): number {
  if (!pod) return ORPHAN_GRACE_PERIOD_SECONDS;
  const asked = pod.metadata.deletionGracePeriodSeconds;
  return asked ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_PERIOD_SECONDS;
}

export function stateOf(context: PodWorkerContext, task: PodTask): PodState {
  return toPodState(context.cache.of(task.identity.uid));
}

export function podIPsOf(context: PodWorkerContext, task: PodTask): readonly string[] {
  return task.pod ? task.sandboxes.addressesOf(stateOf(context, task).sandbox, task.pod) : [];
}

/** Tells the pod's status as it is now. */
export async function reportStatus(context: PodWorkerContext, task: PodTask, signal: AbortSignal): Promise<void> {
  if (!task.pod || task.deleted) return;
  if (!task.volumesTornDown) await task.messages.collect(task.pod, stateOf(context, task), signal);
  const pod = withAllocation(task.pod, task.given);
  followProbes(context, task, pod, stateOf(context, task), podIPsOf(context, task));
  const status = podStatus({
    pod,
    state: stateOf(context, task),
    podIPs: podIPsOf(context, task),
    hostIP: context.node().ip,
    waiting: task.waiting,
    messages: task.messages.all,
    starting: task.starting,
    probeVerdict: probeVerdictOf(context, task),
    imageIdOf: context.imageIdOf,
    engineName: context.engineName,
    ending: task.finished,
    ended: task.ended,
    failure: task.failure,
    pendingResize: task.pendingResize,
    resizeError: task.resizeError,
    nowMs: context.clock.now(),
  });
  context.status.set(pod, status, task.trace);
}
