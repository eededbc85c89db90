/** A pod that the workload made, and when what happened to it was seen. Times are those of `performance.now()`. */
export interface ObservedPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly requests: PodRequests;
  /** When its creation was asked for. */
  readonly sentMs: number;
  /** When the apiserver had answered. */
  acceptedMs?: number;
  /** When the watch told of it: about when the scheduler heard of it, too. */
  seenMs?: number;
  /** When the scheduler had it in its queue, and when it had chosen the node, where the scheduler tells. */
  queuedMs?: number;
  decidedMs?: number;
  /** When the watch told of its node. */
  boundMs?: number;
  /** When its condition PodScheduled says that it was bound: whole seconds, of the cluster's clock since 1970. */
  scheduledConditionMs?: number;
  runningMs?: number;
  goneMs?: number;
  node?: string;
  /** Whether an attempt to schedule it failed. */
  attemptFailed: boolean;
  /** How often its node changed, which must not happen. */
  rebound: number;
}

export interface PodRequests {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

/** Pods that belong together, with their counts. */
export interface PodGroup {
  readonly pods: ObservedPod[];
  scheduled: number;
  /** Those that were deleted before they were scheduled. */
  lost: number;
}

export function createPodGroup(): PodGroup {
  return { pods: [], scheduled: 0, lost: 0 };
}

/** Whether the pod has all of these labels. */
export function hasLabels(pod: ObservedPod, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => pod.labels[name] === value);
}
