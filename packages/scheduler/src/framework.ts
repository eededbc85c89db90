import type { NodeInfo } from './cluster/node-info.js';
import type { PodInfo } from './cluster/pod-info.js';
import type { EventRegistration } from './cluster-event.js';
import type { CycleState } from './framework/cycle-state.js';

/**
 * A filter's answer. `unresolvable`: nothing that happens to other pods can
 * make this node fit, so preemption need not look at it. Answers that are given
 * often are constants: whoever counts them compares by identity first.
 */
export interface Rejection {
  /** Worded as Kubernetes words them; counted and listed in the pod's condition. */
  readonly reasons: readonly string[];
  readonly unresolvable: boolean;
  /** The plugin failed, and said nothing of the pod: it is tried again after its back-off. */
  readonly isError?: boolean;
}

/** Undefined: it fits. */
export type FilterResult = Rejection | undefined;

/** Only these nodes can fit; all others are not asked about. */
export interface NodeSubset {
  readonly nodeNames: ReadonlySet<string>;
}

export type PreFilterResult = 'skip' | Rejection | NodeSubset | undefined;

/** `waitMs`: the pod waits for `allow` of its permission, and is rejected after so long. */
export type PermitResult = { readonly waitMs: number } | Rejection | undefined;

/** What a filter round found, for plugins that look for a way out. */
export interface FilterOutcome {
  readonly nodeCount: number;
  /** The rejection of a node that was asked about; undefined for one that never was. */
  rejectionOf(node: NodeInfo): Rejection | undefined;
}

export interface PostFilterResult {
  /** `''` clears the pod's nomination, undefined leaves it. */
  readonly nominatedNode?: string;
  /** Added to the pod's condition. */
  readonly message?: string;
  /** Where the plugin made room: what remains to be done about it, after the decision. */
  readonly work?: (signal: AbortSignal) => Promise<void>;
  /** For people: what was considered. */
  readonly reasoning?: unknown;
}

export const MAX_NODE_SCORE = 100;

/**
 * One plugin, with a method for each extension point that it takes part in
 * (Kubernetes' scheduling framework). Those of a decision are synchronous: a
 * decision is made on the cache alone. Throwing fails the attempt.
 */
export interface Plugin {
  /** `NodeResourcesFit`. */
  readonly name: string;
  /** The events after which a pod that this plugin rejected may fit. Absent: any event. */
  readonly events?: readonly EventRegistration[];
  /** QueueSort: whether `a` is decided before `b`. */
  less?(a: QueueOrder, b: QueueOrder): boolean;
  /** Whether a pod may enter the active queue at all. */
  preEnqueue?(pod: PodInfo): Rejection | undefined;
  /** Looks at the pod once. `skip`: the plugin's filter need not be asked. */
  preFilter?(state: CycleState, pod: PodInfo): PreFilterResult;
  /** As if `added` ran on the node as well. Changes `state` alone. */
  addPod?(state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): void;
  /** As if `removed` no longer ran on the node. */
  removePod?(state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo): void;
  filter?(state: CycleState, pod: PodInfo, node: NodeInfo): FilterResult;
  /**
   * Whether its filter judges by the node and the pods there alone, and of the pod reads nothing but its requests, host
   * ports, tolerations, node selector and node affinity: its answer then holds until the node changes. Default false.
   */
  readonly filtersByNodeAlone?: boolean;
  /** No node fits: may make room on one. The first that nominates a node, or says no finally, ends the round. */
  postFilter?(
    state: CycleState,
    pod: PodInfo,
    outcome: FilterOutcome,
  ): PostFilterResult | Promise<PostFilterResult> | undefined;
  /** Looks at the pod and the feasible nodes once. `skip`: its score need not be asked. */
  preScore?(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): 'skip' | undefined;
  /** Any number where `normalize` is given, else 0 to 100. */
  score?(state: CycleState, pod: PodInfo, node: NodeInfo): number;
  /** Brings the scores of all feasible nodes into 0 to 100, in place. */
  normalize?(state: CycleState, scores: Float64Array, nodes: readonly NodeInfo[]): void;
  /** Sets aside what the pod will use. */
  reserve?(state: CycleState, pod: PodInfo, node: NodeInfo): Rejection | undefined;
  /** Gives it back; called for every reserve plugin, in reverse, even where its reserve was not reached. */
  unreserve?(state: CycleState, pod: PodInfo, node: NodeInfo): void;
  permit?(state: CycleState, pod: PodInfo, node: NodeInfo): PermitResult;
  /** Undefined where there is nothing to do. */
  preBind?(
    state: CycleState,
    pod: PodInfo,
    node: NodeInfo,
    signal: AbortSignal,
  ): Promise<Rejection | undefined> | undefined;
  /** `skip`: the next plugin binds. */
  bind?(context: BindContext): Promise<'skip' | undefined>;
  postBind?(state: CycleState, pod: PodInfo, node: NodeInfo): void;
}

export interface BindContext {
  readonly state: CycleState;
  readonly pod: PodInfo;
  readonly node: NodeInfo;
  /** To be written with the binding. */
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly trace: import('@kubelab/runtime').TraceContext | undefined;
  readonly signal: AbortSignal;
}

/** What QueueSort may look at. */
export interface QueueOrder {
  readonly pod: PodInfo;
  /** Since when it waits. */
  readonly sinceMs: number;
}

/** A plugin that scores, with what its score counts. */
export interface WeightedPlugin {
  readonly plugin: Plugin;
  readonly weight: number;
}

/** What decides pods of one `spec.schedulerName`: plugins by extension point, each in the order in which they are asked. */
export interface Profile {
  readonly schedulerName: string;
  /** Of nodes to look for; 0 adapts it to the number of nodes. */
  readonly percentageOfNodesToScore: number;
  /** Every plugin that takes part anywhere. */
  readonly plugins: readonly Plugin[];
  readonly preEnqueue: readonly Plugin[];
  readonly queueSort: readonly Plugin[];
  readonly preFilter: readonly Plugin[];
  readonly filter: readonly Plugin[];
  readonly postFilter: readonly Plugin[];
  readonly preScore: readonly Plugin[];
  readonly score: readonly WeightedPlugin[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
  readonly bind: readonly Plugin[];
  readonly postBind: readonly Plugin[];
}

/** Scales scores so that the highest becomes 100; with `reverse`, so that it becomes 0. */
export function normalizeToMax(scores: Float64Array, reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let index = 0; index < scores.length; index++) {
    const share = max === 0 ? 0 : Math.floor(((scores[index] ?? 0) * MAX_NODE_SCORE) / max);
    scores[index] = reverse ? MAX_NODE_SCORE - share : share;
  }
}
