import { pods } from '@kubelab/api';
import { deleteIfPresent } from '@kubelab/client';
import { sleep } from '@kubelab/runtime';
import type { ReadonlyPod } from '../pod.js';
import { drainDelayMs } from './drain-delay.js';
import { allContainers } from './pod-state.js';
import { gracePeriodSeconds, type PodTask, podIPsOf, reportStatus, stateOf } from './pod-task.js';
import type { PodWorkerContext } from './pod-worker-context.js';
import { clearAway, tearDownVolumes } from './release-pod.js';
import { stopContainers } from './stop-containers.js';

/**
 * Ends what runs, then what it held, then the object, then the rest.
 * True once nothing is left, here and at the apiserver.
 */
export async function terminatePod(context: PodWorkerContext, task: PodTask, signal: AbortSignal): Promise<boolean> {
  task.finished = true;
  task.probes?.endLiveness();
  await stopAll(context, task, signal);
  task.ended = true;
  task.probes?.stop();
  await reportStatus(context, task, signal);
  const { sandbox, oldSandboxes } = stateOf(context, task);
  const sandboxes = sandbox ? [sandbox, ...oldSandboxes] : oldSandboxes;
  await clearAway(context, task, { remove: [], removeSandboxes: sandboxes }, signal);
  await tearDownVolumes(context, task, signal);
  const { pod } = task;
  if (!task.deleted) {
    // One that failed as a whole, or was ended by somebody, stays to be looked at.
    if (pod?.metadata.deletionTimestamp === undefined) return false;
    await deleteObject(context, task, pod, signal);
  }
  await clearAway(context, task, { remove: allContainers(stateOf(context, task)), removeSandboxes: [] }, signal);
  if (!task.deleted) return false;
  context.status.forget(task.identity.uid);
  return true;
}

async function stopAll(context: PodWorkerContext, task: PodTask, signal: AbortSignal): Promise<void> {
  const containers = allContainers(stateOf(context, task));
  if (containers.every(({ state }) => state !== 'running')) return;
  const drainMs = drainDelayMs(task.pod, gracePeriodSeconds(task), context.drainPeriodMs);
  if (drainMs > 0) await sleep(drainMs, signal, context.clock);
  const request = {
    pod: task.pod,
    podIP: podIPsOf(context, task)[0] ?? '',
    gracePeriodSeconds: Math.ceil(gracePeriodSeconds(task) - drainMs / 1000),
    trace: task.trace,
  };
  await context.tracer.span('terminate pod', { parent: task.trace }, () =>
    stopContainers(context, containers, request, signal),
  );
}

/** The last word of its status comes first. Another pod of the name is left alone. */
async function deleteObject(
  context: PodWorkerContext,
  task: PodTask,
  pod: ReadonlyPod,
  signal: AbortSignal,
): Promise<void> {
  const { uid, name, namespace = '' } = pod.metadata;
  await context.status.written(uid);
  const options = { gracePeriodSeconds: 0, preconditions: { uid }, trace: task.trace, signal };
  await deleteIfPresent(context.client, pods, { namespace, name }, options);
}
