import type { Backoff, TraceContext } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { PodIdentity } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import type { Waiting } from '../status/container-status.js';
import { podStatus } from '../status/pod-status.js';
import { type PodState, toPodState } from './pod-state.js';
import type { PodWorkerContext } from './pod-worker-context.js';
import type { Sandboxes } from './sandbox.js';
import type { TerminationMessages } from './termination-messages.js';

/** Why a pod has failed as a whole. */
export interface PodFailure {
  readonly reason: string;
  readonly message: string;
}

/** What a worker knows of its pod. All of it can be found out again by a kubelet that starts anew. */
export interface PodTask {
  readonly identity: PodIdentity;
  readonly rank: number;
  readonly log: Logger;
  readonly sandboxes: Sandboxes;
  readonly messages: TerminationMessages;
  /** Between attempts that failed. */
  readonly backoff: Backoff;
  /** Of containers that run and whose postStart hook has not finished. */
  readonly starting: Set<string>;
  /** Why containers are not running, by name. */
  readonly waiting: Map<string, Waiting>;
  /** The newest version; undefined: only its containers are known. */
  pod: ReadonlyPod | undefined;
  /** Of the write that made the newest version. */
  trace: TraceContext | undefined;
  /** The apiserver has no such pod any more. */
  deleted: boolean;
  failure: PodFailure | undefined;
  /** Nothing of it will be started again. */
  finished: boolean;
  /** Nothing of it runs, and nothing will. */
  ended: boolean;
  volumesTornDown: boolean;
  /** What its volumes are made from has changed since they were. */
  volumesStale: boolean;
  /** Asks for another sync at this time, or sooner. */
  wakeAt(timeMs: number): void;
  /** Asks for another sync after this one. */
  again(): void;
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
  const { pod } = task;
  if (!pod || task.deleted) return;
  if (!task.volumesTornDown) await task.messages.collect(pod, stateOf(context, task), signal);
  const status = podStatus({
    pod,
    state: stateOf(context, task),
    podIPs: podIPsOf(context, task),
    hostIP: context.node().ip,
    waiting: task.waiting,
    messages: task.messages.all,
    starting: task.starting,
    imageIdOf: context.imageIdOf,
    ending: task.finished,
    ended: task.ended,
    failure: task.failure,
    nowMs: context.clock.now(),
  });
  context.status.set(pod, status, task.trace);
}
