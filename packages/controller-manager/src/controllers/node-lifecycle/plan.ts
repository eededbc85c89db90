import { type DeepReadonly, type Node, type NodeCondition, type Pod, type Taint, tolerates } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { timestamp } from '../../timestamp.js';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** Taints that stand for the node's conditions (KEP-382). */
const CONDITION_TAINTS: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};
const NO_SCHEDULE = 'NoSchedule';
const NO_EXECUTE = 'NoExecute';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const MANAGED_KEYS = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(CONDITION_TAINTS)]);

/** Undefined until the kubelet, or this controller for it, has said anything. */
export const readyStatus = (node: DeepReadonly<Node>): string | undefined =>
  node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;

/** The conditions of a node that has been silent for too long; undefined when they say so already. */
export function planSilentConditions(node: Cached<Node>, nowMs: number): NodeCondition[] | undefined {
  const now = timestamp(nowMs);
  const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
  const present = node.status?.conditions ?? [];
  const next = types.map((type): NodeCondition => {
    const condition = present.find((each) => each.type === type);
    if (condition?.status === 'Unknown') return condition as NodeCondition;
    return {
      type,
      status: 'Unknown',
      reason: condition ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated',
      message: condition ? 'Kubelet stopped posting node status.' : 'Kubelet never posted node status.',
      lastHeartbeatTime: condition?.lastHeartbeatTime ?? node.metadata.creationTimestamp,
      lastTransitionTime: now,
    };
  });
  const others = present.filter(({ type }) => !types.includes(type)) as NodeCondition[];
  const changed = next.some((condition) => !present.includes(condition));
  return changed ? [...others, ...next] : undefined;
}

/** Whether a node that is not ready gets the taint that evicts its pods, only keeps it, or loses it. */
export type Eviction = 'add' | 'keep' | 'remove';

/**
 * The taints that the node's conditions ask for, beside those that others have
 * set; undefined when they are right. Of a node that has said nothing yet only
 * what it was registered with is kept.
 */
export function planTaints(node: Cached<Node>, eviction: Eviction, nowMs: number): Taint[] | undefined {
  const present = (node.spec?.taints ?? []) as readonly Taint[];
  const has = (key: string, effect: string) => present.some((taint) => taint.key === key && taint.effect === effect);
  const wanted: [key: string, effect: string][] = [];
  const ready = readyStatus(node);
  if (ready === undefined && has(NOT_READY, NO_SCHEDULE)) wanted.push([NOT_READY, NO_SCHEDULE]);
  if (ready !== undefined && ready !== 'True') {
    const key = ready === 'False' ? NOT_READY : UNREACHABLE;
    wanted.push([key, NO_SCHEDULE]);
    const isEvicting = has(NOT_READY, NO_EXECUTE) || has(UNREACHABLE, NO_EXECUTE);
    if (eviction === 'add' || (eviction === 'keep' && isEvicting)) wanted.push([key, NO_EXECUTE]);
  }
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = CONDITION_TAINTS[type];
    if (key !== undefined && status === 'True') wanted.push([key, NO_SCHEDULE]);
  }
  if (node.spec?.unschedulable) wanted.push([UNSCHEDULABLE, NO_SCHEDULE]);
  const isManaged = ({ key, effect }: Taint) =>
    MANAGED_KEYS.has(key) && (effect === NO_SCHEDULE || key === NOT_READY || key === UNREACHABLE);
  const kept = present.filter(
    (taint) => !isManaged(taint) || wanted.some(([key, effect]) => key === taint.key && effect === taint.effect),
  );
  const added = wanted
    .filter(([key, effect]) => !has(key, effect))
    .map(([key, effect]): Taint => ({ key, effect, timeAdded: timestamp(nowMs) }));
  return kept.length === present.length && added.length === 0 ? undefined : [...kept, ...added];
}

/** Whether the plan is to begin evicting a node's pods. */
export function beginsEviction(node: Cached<Node>, taints: readonly Taint[]): boolean {
  const isEvicting = (list: readonly DeepReadonly<Taint>[]) =>
    list.some(({ key, effect }) => effect === NO_EXECUTE && (key === NOT_READY || key === UNREACHABLE));
  return isEvicting(taints) && !isEvicting(node.spec?.taints ?? []);
}

/**
 * When the node's NoExecute taints end the pod: 0 for at once, undefined for
 * never. The shortest toleration counts, from when its taint was set.
 */
export function evictionTimeMs(pod: DeepReadonly<Pod>, taints: readonly DeepReadonly<Taint>[]): number | undefined {
  let due: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== NO_EXECUTE) continue;
    const matching = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    const seconds = matching.flatMap(({ tolerationSeconds }) =>
      tolerationSeconds === undefined || tolerationSeconds === null ? [] : [Math.max(0, tolerationSeconds)],
    );
    if (seconds.length === 0) continue;
    const time = (Date.parse(taint.timeAdded ?? '') || 0) + Math.min(...seconds) * 1_000;
    due = due === undefined ? time : Math.min(due, time);
  }
  return due;
}
