import type { Container, ContainerState, ContainerStatus, Pod } from '../generated/types.js';
import { ageColumn, column, nameColumn, orNone, wideColumn } from '../printers/columns.js';
import { ageOf } from '../printers/duration.js';
import type { PrinterColumn } from '../resource.js';
import { isRestartableInitContainer, isTerminalPhase, podCondition } from './pod-status.js';

/** What one line of `kubectl get pods` says of the containers. */
export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  /** `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating`, … */
  readonly status: string;
  readonly restarts: number;
  /** When a container last ended before it was started again. */
  readonly lastRestart: string | undefined;
}

interface Counts {
  ready: number;
  restarts: number;
  lastRestart: string | undefined;
}

export const podColumns: readonly PrinterColumn<Pod>[] = [
  nameColumn<Pod>(),
  column('Ready', 'string', 'How many of the containers are ready, of how many.', (pod) => {
    const { ready, total } = summarizePod(pod);
    return `${ready}/${total}`;
  }),
  column(
    'Status',
    'string',
    'The state of the pod, put together from its containers.',
    (pod) => summarizePod(pod).status,
  ),
  column('Restarts', 'string', 'How often containers were restarted, and when last.', (pod, nowMs) => {
    const { restarts, lastRestart } = summarizePod(pod);
    return restarts === 0 || lastRestart === undefined
      ? `${restarts}`
      : `${restarts} (${ageOf(lastRestart, nowMs)} ago)`;
  }),
  ageColumn<Pod>(),
  wideColumn('IP', 'The address of the pod.', (pod) => orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP)),
  wideColumn('Node', 'The node that the pod runs on.', (pod) => orNone(pod.spec?.nodeName)),
  wideColumn('Nominated Node', 'The node that is being made free for the pod.', (pod) =>
    orNone(pod.status?.nominatedNodeName),
  ),
  wideColumn('Readiness Gates', 'How many of the further readiness conditions hold, of how many.', (pod) => {
    const gates = pod.spec?.readinessGates ?? [];
    const holding = gates.filter(({ conditionType }) => podCondition(pod, conditionType)?.status === 'True');
    return gates.length === 0 ? '<none>' : `${holding.length}/${gates.length}`;
  }),
];

/** Reads a pod as `kubectl get` does. */
export function summarizePod(pod: Pod): PodSummary {
  const status = pod.status ?? {};
  const gated = podCondition(pod, 'PodScheduled')?.reason === 'SchedulingGated';
  let reason = gated ? 'SchedulingGated' : (status.reason ?? '') || (status.phase ?? '');
  const sidecars = sidecarNames(pod);
  const init = summarizeInit(pod, sidecars);
  let counts = init.all;
  if (init.reason !== undefined) reason = init.reason;
  if (init.reason === undefined || podCondition(pod, 'Initialized')?.status === 'True') {
    counts = { ...init.sidecars, ready: init.all.ready };
    reason = summarizeContainers(pod, reason, counts);
  }
  return {
    ...counts,
    total: (pod.spec?.containers ?? []).length + sidecars.size,
    status: pod.metadata?.deletionTimestamp === undefined ? reason : deletedStatus(pod, reason),
  };
}

function deletedStatus(pod: Pod, reason: string): string {
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return isTerminalPhase(pod.status?.phase) ? reason : 'Terminating';
}

function sidecarNames(pod: Pod): ReadonlySet<string> {
  const sidecars = (pod.spec?.initContainers ?? []).filter(isRestartableInitContainer);
  return new Set(sidecars.map((container: Container) => container.name));
}

/** `reason` is set while initialisation is going on or has failed; the first container that holds it up tells. */
function summarizeInit(
  pod: Pod,
  sidecarNamesOfPod: ReadonlySet<string>,
): { reason: string | undefined; all: Counts; sidecars: Counts } {
  const all: Counts = { ready: 0, restarts: 0, lastRestart: undefined };
  const sidecars: Counts = { ready: 0, restarts: 0, lastRestart: undefined };
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecarNamesOfPod.has(status.name);
    countRestarts(all, status);
    if (isSidecar) countRestarts(sidecars, status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (isSidecar && status.started === true) {
      if (status.ready) all.ready++;
      continue;
    }
    return { reason: initReason(status.state ?? {}, i, pod.spec?.initContainers?.length ?? 0), all, sidecars };
  }
  return { reason: undefined, all, sidecars };
}

function initReason({ terminated, waiting }: ContainerState, index: number, total: number): string {
  if (terminated) return `Init:${terminated.reason || endedText(terminated)}`;
  const reason = waiting?.reason ?? '';
  return reason !== '' && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${index}/${total}`;
}

/** Counts what is ready and restarted; the first container that is not simply running gives the reason. */
function summarizeContainers(pod: Pod, initial: string, counts: Counts): string {
  let reason = initial;
  let hasRunning = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    countRestarts(counts, status);
    const { waiting, terminated, running } = status.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) reason = terminated.reason || endedText(terminated);
    else if (status.ready && running) {
      hasRunning = true;
      counts.ready++;
    }
  }
  if (reason !== 'Completed' || !hasRunning) return reason;
  return podCondition(pod, 'Ready')?.status === 'True' ? 'Running' : 'NotReady';
}

function endedText({ signal = 0, exitCode }: { signal?: number; exitCode: number }): string {
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function countRestarts(counts: Counts, { restartCount, lastState }: ContainerStatus): void {
  counts.restarts += restartCount ?? 0;
  const finishedAt = lastState?.terminated?.finishedAt;
  if (finishedAt === undefined) return;
  const isLater = counts.lastRestart === undefined || Date.parse(finishedAt) > Date.parse(counts.lastRestart);
  if (isLater) counts.lastRestart = finishedAt;
}
