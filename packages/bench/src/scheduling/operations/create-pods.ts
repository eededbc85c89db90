import { runInFlight } from '../../measure/in-flight.js';
import { startCollecting } from '../measure/collect.js';
import { createPodGroup } from '../observe/observed-pod.js';
import type { CreatePods } from '../workload/workload.js';
import { createPersistently } from './create-persistently.js';
import type { RunContext } from './run-context.js';
import { untilNoneLeft } from './until-scheduled.js';

const CREATE_LIMIT_MS = 60_000;

/** Creates pods as fast as they are taken, and waits until all are scheduled unless it is not to. */
export async function createPods(operation: CreatePods, index: number, context: RunContext): Promise<void> {
  const { count, template, collectMetrics, skipWaitToCompletion, namespace = `namespace-${index}` } = operation;
  const { target, observer, namespaces, signal, inFlight } = context;
  await namespaces.ensure(namespace);
  const group = createPodGroup();
  const name = `${context.workload}/${namespace}`;
  const stop = collectMetrics ? await startCollecting(context, name, () => group.pods) : undefined;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  context.progress = () => `${group.scheduled} of ${count} pods scheduled in ${namespace}`;
  await runInFlight(count, inFlight, async () => {
    const name = `${template.metadata?.generateName ?? template.metadata?.name ?? 'pod-'}${context.nextNumber()}`;
    const metadata = { ...template.metadata, generateName: undefined, name, namespace };
    const pod = observer.expect(namespace, name, template, group);
    await createPersistently(target.load, path, { ...template, metadata }, { signal, limitMs: CREATE_LIMIT_MS });
    pod.acceptedMs = performance.now();
  });
  if (!skipWaitToCompletion)
    await untilNoneLeft(context, `pods in ${namespace} to be scheduled`, () => count - group.scheduled - group.lost);
  if (stop && target.runsPods) {
    const waiting = (): number =>
      group.pods.filter(({ runningMs, goneMs }) => (runningMs ?? goneMs) === undefined).length;
    context.progress = () => `${count - waiting()} of ${count} pods running in ${namespace}`;
    await untilNoneLeft(context, `pods in ${namespace} to run`, waiting);
  }
  if (stop) context.measurements.push(await stop());
}
