import { isRestartableInitContainer } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { containerFieldPath } from '../pod-events.js';
import { ContainerProbes, hasProbes, type ProbeVerdict } from '../probes/container-probes.js';
import { unhealthyMessage } from '../probes/unhealthy-message.js';
import { current, type PodState } from './pod-state.js';
import type { PodWorkerContext } from './pod-worker-context.js';

/** What a pod's worker knows that its probes need. */
interface ProbedPod {
  readonly pod: ReadonlyPod | undefined;
  readonly trace: TraceContext | undefined;
  /** Nothing of it will be started again. */
  readonly finished: boolean;
  /** Who is asked for another sync. */
  readonly waker: { wake(): void };
  /** Made where a container has a probe. */
  probes: ContainerProbes | undefined;
}

const WELL: ProbeVerdict = { started: true, ready: true, failed: undefined };

/** What the probes of a pod's containers have found, by container id. */
export function probeVerdictOf(
  { checkProbe }: Pick<PodWorkerContext, 'checkProbe'>,
  task: Pick<ProbedPod, 'probes'>,
): (containerId: string) => ProbeVerdict | undefined {
  return checkProbe ? (id) => task.probes?.verdict(id) : () => WELL;
}

/** Has the containers probed that run and have probes. */
export function followProbes(
  context: PodWorkerContext,
  task: ProbedPod,
  pod: ReadonlyPod,
  state: PodState,
  podIPs: readonly string[],
): void {
  if (!context.checkProbe || (!task.probes && task.finished)) return;
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const probed = [...initContainers.filter(isRestartableInitContainer), ...containers].filter(hasProbes);
  if (probed.length === 0) return;
  task.probes ??= createContainerProbes(context, task);
  task.probes.follow(
    probed.flatMap((container) => {
      const running = current(state, container.name);
      if (running?.state !== 'running') return [];
      const podIP = podIPs[0] ?? '';
      return [{ running, container, podIP, before: verdictBefore(pod, running, context.engineName) }];
    }),
  );
}

/** What an earlier kubelet has told of a container that has run ever since. */
function verdictBefore(
  { status }: ReadonlyPod,
  { id }: RuntimeContainer,
  engineName: string,
): { started: boolean; ready: boolean } | undefined {
  const known = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(
    ({ containerID }) => containerID === `${engineName}://${id}`,
  );
  return known && { started: known.started ?? false, ready: known.ready };
}

function createContainerProbes(context: PodWorkerContext, task: ProbedPod): ContainerProbes {
  return new ContainerProbes({
    clock: context.clock,
    onChange: () => task.waker.wake(),
    async check(probe, { container, running, podIP }, signal) {
      const target = { runtime: context.runtime, containerId: running.id, container, podIP };
      const attempt = await context.checkProbe?.(probe, target, signal);
      return attempt ?? { outcome: 'success', output: '' };
    },
    onUnhealthy(kind, { name }, attempt) {
      if (!task.pod) return;
      const about = { fieldPath: containerFieldPath(task.pod, name), trace: task.trace };
      context.events.warning(task.pod, 'Unhealthy', unhealthyMessage(kind, attempt), about);
    },
  });
}
