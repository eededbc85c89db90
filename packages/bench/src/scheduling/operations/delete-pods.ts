import { setTimeout as delay } from 'node:timers/promises';
import { RestError } from '../../cluster/rest-client.js';
import { runInFlight } from '../../measure/in-flight.js';
import { hasLabels } from '../observe/observed-pod.js';
import type { DeletePods } from '../workload/workload.js';
import type { RunContext } from './run-context.js';
import { untilNoneLeft } from './until-scheduled.js';

/** Deletes the workload's pods of a namespace: all at once, or so many a second. */
export async function deletePods(operation: DeletePods, context: RunContext): Promise<void> {
  const { namespace, labelSelector, podsPerSecond, skipWaitToCompletion } = operation;
  const { load } = context.target;
  const pods = [...context.observer.pods()].filter(
    (pod) => pod.namespace === namespace && pod.goneMs === undefined && hasLabels(pod, labelSelector),
  );
  const left = (): number => pods.filter(({ goneMs }) => goneMs === undefined).length;
  context.progress = () => `${pods.length - left()} of ${pods.length} pods deleted in ${namespace}`;
  const startedMs = performance.now();
  await runInFlight(pods.length, podsPerSecond === undefined ? context.inFlight : 1, async (index) => {
    const dueMs = podsPerSecond === undefined ? 0 : startedMs + (index / podsPerSecond) * 1000;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal: context.signal });
    context.signal.throwIfAborted();
    await load.delete(`/api/v1/namespaces/${namespace}/pods/${pods[index]?.name}`).catch((error: unknown) => {
      if (!(error instanceof RestError && error.status === 404)) throw error;
    });
  });
  if (!skipWaitToCompletion) await untilNoneLeft(context, `pods in ${namespace} to be deleted`, left);
}
