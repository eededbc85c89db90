import type { ClusterEvent, QueueingHint } from './cluster-event.js';
import type { NodeInfo } from './node-info.js';
import type { PodInfo } from './pod-info.js';

/**
 * A filter's answer. `unresolvable`: nothing that happens to other pods can
 * make this node fit, so preemption need not look at it.
 */
export interface Rejection {
  /** Worded as Kubernetes words them; counted and listed in the pod's condition. */
  readonly reasons: readonly string[];
  readonly unresolvable: boolean;
}

/** Undefined: it fits. */
export type FilterResult = Rejection | undefined;

/** What plugins of one pod's cycle tell each other, by key. Made anew for every pod. */
export type CycleState = Map<string, unknown>;

export interface PluginBase {
  /** `NodeResourcesFit`. */
  readonly name: string;
  /** The events after which a pod that this plugin rejected may fit. */
  readonly events?: readonly EventRegistration[];
}

export interface EventRegistration {
  readonly event: ClusterEvent['kind'];
  /** Absent: any such event may help. */
  readonly hint?: (pod: PodInfo, event: ClusterEvent) => QueueingHint;
}

/** Decides whether a pod may enter the queue at all. */
export interface PreEnqueuePlugin extends PluginBase {
  preEnqueue(pod: PodInfo): Rejection | undefined;
}

/** Looks at the pod once. `skip`: the plugin's filter need not be asked. */
export interface PreFilterPlugin extends PluginBase {
  preFilter(state: CycleState, pod: PodInfo): 'skip' | Rejection | undefined;
}

export interface FilterPlugin extends PluginBase {
  filter(state: CycleState, pod: PodInfo, node: NodeInfo): FilterResult;
}

/** Looks at the pod and the feasible nodes once. `skip`: its score need not be asked. */
export interface PreScorePlugin extends PluginBase {
  preScore(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): 'skip' | undefined;
}

export const MAX_NODE_SCORE = 100;

export interface ScorePlugin extends PluginBase {
  /** Any number where `normalize` is given, else 0 to 100. */
  score(state: CycleState, pod: PodInfo, node: NodeInfo): number;
  /** Brings the scores of all feasible nodes into 0 to 100, in place. */
  normalize?(scores: number[]): void;
}

export type Plugin = PluginBase &
  Partial<
    Pick<PreEnqueuePlugin, 'preEnqueue'> &
      Pick<PreFilterPlugin, 'preFilter'> &
      Pick<FilterPlugin, 'filter'> &
      Pick<PreScorePlugin, 'preScore'> &
      Pick<ScorePlugin, 'score' | 'normalize'>
  >;

/** A plugin as a profile uses it. */
export interface EnabledPlugin {
  readonly plugin: Plugin;
  /** What its score counts. 0: its score is not asked. */
  readonly weight: number;
}

export interface Profile {
  /** The `spec.schedulerName` of the pods that it decides. */
  readonly schedulerName: string;
  /** In the order in which they are asked. */
  readonly plugins: readonly EnabledPlugin[];
}

/** Scales scores so that the highest becomes 100; with `reverse`, so that it becomes 0. */
export function normalizeToMax(scores: number[], reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let index = 0; index < scores.length; index++) {
    const share = max === 0 ? 0 : Math.floor(((scores[index] ?? 0) * MAX_NODE_SCORE) / max);
    scores[index] = reverse ? MAX_NODE_SCORE - share : share;
  }
}
