import { type ContainerStatus, isRestartableInitContainer, type PodCondition } from '@kubelab/api';
import type { ReadonlyPod } from '../pod.js';
import type { PendingResize } from '../pod-worker/allocation.js';
import type { PodPhase } from './pod-phase.js';
import { formatTime } from './time.js';

export interface PodConditionsInput {
  readonly pod: ReadonlyPod;
  readonly phase: PodPhase;
  readonly init: readonly ContainerStatus[];
  readonly main: readonly ContainerStatus[];
  /** It has a running sandbox with its network. */
  readonly sandboxReady: boolean;
  readonly resize?: PodResize;
  readonly nowMs: number;
}

/** How far a change of its cpu and memory has come (KEP-1287). */
export interface PodResize {
  readonly pending: PendingResize | undefined;
  /** Given, and not what its containers have yet. */
  readonly inProgress: boolean;
  readonly error: string | undefined;
}

/** They are there only while they are true. */
export const RESIZE_CONDITIONS: readonly string[] = ['PodResizePending', 'PodResizeInProgress'];

interface Verdict {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

/** The conditions that a kubelet owns. A transition time changes only with the status. */
export function podConditions(input: PodConditionsInput): PodCondition[] {
  const { pod, nowMs } = input;
  const containersReady = containersReadyVerdict(input);
  const own: Verdict[] = [
    { type: 'PodReadyToStartContainers', status: input.sandboxReady ? 'True' : 'False' },
    initializedVerdict(input),
    readyVerdict(input, containersReady),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
    ...resizeVerdicts(input.resize),
  ];
  const before = pod.status?.conditions ?? [];
  return own.map((verdict): PodCondition => {
    const known = before.find(({ type }) => type === verdict.type);
    const unchanged = known?.status === verdict.status && known.lastTransitionTime !== undefined;
    return {
      ...verdict,
      lastTransitionTime: unchanged ? known.lastTransitionTime : formatTime(nowMs),
      ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    };
  });
}

function resizeVerdicts(resize: PodResize | undefined): Verdict[] {
  const { pending, inProgress, error } = resize ?? {};
  const failed = error === undefined ? {} : { reason: 'Error', message: error };
  return [
    ...(pending ? [{ type: 'PodResizePending', status: 'True', ...pending } as const] : []),
    ...(inProgress ? [{ type: 'PodResizeInProgress', status: 'True', ...failed } as const] : []),
  ];
}

function initializedVerdict({ pod, phase, init, main }: PodConditionsInput): Verdict {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  // Once a main container has run, initialisation is over, even if its containers have been removed since.
  if (main.some(({ state }) => state?.running)) return { type, status: 'True' };
  const incomplete = (pod.spec?.initContainers ?? []).filter((container) => {
    const status = init.find(({ name }) => name === container.name);
    return !(isRestartableInitContainer(container) ? status?.started : status?.ready);
  });
  if (incomplete.length === 0) return { type, status: 'True' };
  const message = `containers with incomplete status: [${incomplete.map(({ name }) => name).join(' ')}]`;
  return { type, status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReadyVerdict({ pod, phase, init, main }: PodConditionsInput): Verdict {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const sidecars = (pod.spec?.initContainers ?? []).filter(isRestartableInitContainer);
  const unready = [...sidecars, ...(pod.spec?.containers ?? [])].filter(
    ({ name }) => ![...init, ...main].find((status) => status.name === name)?.ready,
  );
  if (unready.length === 0) return { type, status: 'True' };
  const message = `containers with unready status: [${unready.map(({ name }) => name).join(' ')}]`;
  return { type, status: 'False', reason: 'ContainersNotReady', message };
}

function readyVerdict({ pod }: PodConditionsInput, containersReady: Verdict): Verdict {
  if (containersReady.status === 'False') return { ...containersReady, type: 'Ready' };
  const problems = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined) {
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    }
    if (condition.status === 'True') return [];
    return [
      `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status === 'False' ? 'False' : 'Unknown'}`,
    ];
  });
  if (problems.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}
