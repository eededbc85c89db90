import type { DeepReadonly, Node, NodeCondition, Pod, Taint, Toleration } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** Taints that stand for the node's conditions (KEP-382). */
const CONDITION_TAINTS: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const MANAGED_KEYS = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(CONDITION_TAINTS)]);

const rfc3339 = (timeMs: number) => new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');

export const readyStatus = (node: DeepReadonly<Node>): string =>
  node.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';

/** The conditions of a node that has been silent for too long; undefined when they say so already. */
export function planSilentConditions(node: Cached<Node>, nowMs: number): NodeCondition[] | undefined {
  const now = rfc3339(nowMs);
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

/**
 * The taints that the node's conditions ask for, beside those that others have
 * set; undefined when they are right. `evict` is false while no node at all is
 * ready: then the fault is likely here, and nothing is evicted.
 */
export function planTaints(node: Cached<Node>, evict: boolean, nowMs: number): Taint[] | undefined {
  const present = (node.spec?.taints ?? []) as readonly Taint[];
  const wanted: [key: string, effect: string][] = [];
  const ready = readyStatus(node);
  if (ready !== 'True') {
    const key = ready === 'False' ? NOT_READY : UNREACHABLE;
    wanted.push([key, 'NoSchedule']);
    if (evict) wanted.push([key, 'NoExecute']);
  }
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = CONDITION_TAINTS[type];
    if (key !== undefined && status === 'True') wanted.push([key, 'NoSchedule']);
  }
  if (node.spec?.unschedulable) wanted.push([UNSCHEDULABLE, 'NoSchedule']);
  const has = (list: readonly (readonly [string, string])[], { key, effect }: Taint) =>
    list.some(([wantedKey, wantedEffect]) => wantedKey === key && wantedEffect === effect);
  const kept = present.filter((taint) => !MANAGED_KEYS.has(taint.key) || has(wanted, taint));
  const added = wanted
    .filter(([key, effect]) => !present.some((taint) => taint.key === key && taint.effect === effect))
    .map(([key, effect]): Taint => ({ key, effect, timeAdded: rfc3339(nowMs) }));
  return kept.length === present.length && added.length === 0 ? undefined : [...kept, ...added];
}

/**
 * When the node's NoExecute taints end the pod: 0 for at once, undefined for
 * never. The shortest toleration counts, from when its taint was set.
 */
export function evictionTimeMs(pod: DeepReadonly<Pod>, taints: readonly DeepReadonly<Taint>[]): number | undefined {
  let due: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== 'NoExecute') continue;
    const matching = (pod.spec?.tolerations ?? []).filter((toleration) => covers(toleration, taint));
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

function covers(toleration: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  const { key = '', operator = 'Equal', value = '', effect = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key === '') return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
}
