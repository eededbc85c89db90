import type { PodPlan } from './plan.js';
import { type PodTask, stateOf } from './pod-task.js';
import type { PodWorkerContext } from './pod-worker-context.js';

/** Removes what a plan has no more use for. */
export async function clearAway(
  context: PodWorkerContext,
  task: PodTask,
  { remove, removeSandboxes }: Pick<PodPlan, 'remove' | 'removeSandboxes'>,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, cache, engineLimiter } = context;
  for (const container of remove) {
    await engineLimiter.run(task.rank, signal, () => runtime.remove(container.id, signal));
    cache.drop(container.id);
  }
  for (const sandbox of removeSandboxes) await task.sandboxes.remove(sandbox, signal);
}

/** Once, and only after what the containers wrote at their end has been read. */
export async function tearDownVolumes(context: PodWorkerContext, task: PodTask, signal: AbortSignal): Promise<void> {
  if (task.volumesTornDown) return;
  if (task.pod) await task.messages.collect(task.pod, stateOf(context, task), signal);
  await context.volumes.tearDown(task.identity.uid, signal);
  task.volumesTornDown = true;
}
