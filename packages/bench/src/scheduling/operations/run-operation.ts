import { setTimeout as delay } from 'node:timers/promises';
import { startCollecting } from '../measure/collect.js';
import { hasLabels, type ObservedPod } from '../observe/observed-pod.js';
import type { Barrier, Operation } from '../workload/workload.js';
import { churn } from './churn.js';
import { createAny } from './create-any.js';
import { createPods } from './create-pods.js';
import { deletePods } from './delete-pods.js';
import type { RunContext } from './run-context.js';
import { untilNoneLeft } from './until-scheduled.js';

/** Carries out one operation; `index` is its place in the workload. */
export async function runOperation(operation: Operation, index: number, context: RunContext): Promise<void> {
  switch (operation.opcode) {
    case 'createNodes':
      context.progress = () => `creating ${operation.count} nodes`;
      context.nodes.push(...(await context.target.addNodes(operation)));
      return;
    case 'createNamespaces':
      for (let number = 0; number < operation.count; number++)
        await context.namespaces.ensure(`${operation.prefix}-${number}`, operation.template);
      return;
    case 'createPods':
      return createPods(operation, index, context);
    case 'createAny':
      return createAny(operation, context);
    case 'deletePods':
      return deletePods(operation, context);
    case 'churn':
      return churn(operation, index, context);
    case 'barrier':
      return barrier(operation, context);
    case 'sleep':
      context.progress = () => `sleeping ${operation.durationMs / 1000} s`;
      return delay(operation.durationMs, undefined, { signal: context.signal });
    case 'startCollectingMetrics': {
      if (context.stopCollecting) throw new Error('startCollectingMetrics: the one before has not been stopped');
      const pods = (): ObservedPod[] => select(context, operation.namespaces, operation.labelSelector);
      context.stopCollecting = await startCollecting(context, `${context.workload}/${operation.name}`, pods);
      return;
    }
    case 'stopCollectingMetrics': {
      const stop = context.stopCollecting;
      if (!stop) throw new Error('stopCollectingMetrics: nothing is being collected');
      context.stopCollecting = undefined;
      context.measurements.push(await stop());
    }
  }
}

async function barrier({ namespaces, labelSelector, stage }: Barrier, context: RunContext): Promise<void> {
  const passed = (pod: ObservedPod): boolean =>
    pod.goneMs !== undefined || pod.boundMs !== undefined || (stage === 'Attempted' && pod.attemptFailed);
  const left = (): number => select(context, namespaces, labelSelector).filter((pod) => !passed(pod)).length;
  context.progress = () => `${left()} pods to pass the barrier`;
  await untilNoneLeft(context, `pods to be ${stage.toLowerCase()}`, left);
}

function select(
  { observer }: RunContext,
  namespaces: readonly string[],
  labels: Readonly<Record<string, string>>,
): ObservedPod[] {
  return [...observer.pods()].filter(
    (pod) => (namespaces.length === 0 || namespaces.includes(pod.namespace)) && hasLabels(pod, labels),
  );
}
