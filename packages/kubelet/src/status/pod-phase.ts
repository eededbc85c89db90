import { type ContainerStatus, isRestartableInitContainer } from '@kubelab/api';
import type { ReadonlyPod } from '../pod.js';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/**
 * A pod's phase from its containers (pod lifecycle, "Pod phase").
 * `ending`: nothing of it will be started again, whatever its restart policy.
 */
export function podPhase(
  pod: ReadonlyPod,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  ending: boolean,
): PodPhase {
  const { restartPolicy = 'Always' } = pod.spec ?? {};
  const initialization = initializationOf(pod, init);
  if (initialization === 'failed' && (restartPolicy === 'Never' || ending)) return 'Failed';
  const counts = count(main);
  if (ending && counts.running === 0) return counts.succeeded === main.length ? 'Succeeded' : 'Failed';
  if (initialization !== 'done' || counts.waiting > 0) return 'Pending';
  if (counts.running > 0) return 'Running';
  if (counts.stopped === 0) return 'Pending';
  if (restartPolicy === 'Always') return 'Running';
  if (counts.stopped === counts.succeeded) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function initializationOf(pod: ReadonlyPod, statuses: readonly ContainerStatus[]): 'done' | 'pending' | 'failed' {
  for (const container of pod.spec?.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    if (isRestartableInitContainer(container)) {
      if (!status?.started && !hasRun(status)) return 'pending';
    } else if (status?.state?.terminated) {
      if (status.state.terminated.exitCode !== 0) return 'failed';
    } else {
      // One that crashed and waits for its next turn has failed, for a pod that is ending.
      return status?.lastState?.terminated && status.lastState.terminated.exitCode !== 0 ? 'failed' : 'pending';
    }
  }
  return 'done';
}

function hasRun(status: ContainerStatus | undefined): boolean {
  return status?.state?.terminated !== undefined || status?.lastState?.terminated !== undefined;
}

interface Counts {
  waiting: number;
  running: number;
  stopped: number;
  succeeded: number;
}

function count(statuses: readonly ContainerStatus[]): Counts {
  const counts: Counts = { waiting: 0, running: 0, stopped: 0, succeeded: 0 };
  for (const { state, lastState } of statuses) {
    if (state?.running) counts.running += 1;
    else if (state?.terminated) {
      counts.stopped += 1;
      if (state.terminated.exitCode === 0) counts.succeeded += 1;
    } else if (lastState?.terminated) counts.stopped += 1;
    else counts.waiting += 1;
  }
  return counts;
}
