import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { CycleState } from '../framework/cycle-state.js';
import type { FilterOutcome, Plugin, Profile, Rejection } from '../framework.js';
import { fitMessage, preFilterMessage } from './fit-message.js';

/** The scores that one plugin gave, before and after they were brought into 0 to 100, in the order of the feasible nodes. */
export interface PluginScores {
  readonly plugin: Plugin;
  readonly weight: number;
  raw: Float64Array;
  normalized: Float64Array;
}

/** One attempt to place one pod, as far as it has got. Parts of it are used again: it is valid until the next one begins. */
export class Cycle implements FilterOutcome {
  readonly profile: Profile;
  readonly pod: PodInfo;
  readonly state = new CycleState();
  /** All nodes, in the order of the search. */
  readonly nodes: readonly NodeInfo[];
  /** Those that fit, in the order in which they were found. */
  readonly feasible: NodeInfo[];
  /** Nodes that were asked about. */
  evaluated = 0;
  /** Where among `nodes` the search began. */
  start = 0;
  /** The pod itself was refused, whatever the node. */
  refusal: Rejection | undefined;
  /** What is true of nodes that were left out before any was asked about. */
  leftOut: Rejection | undefined;
  /** Plugins whose change of mind could help. */
  readonly rejectedBy = new Set<string>();
  /** How often each rejection was given. */
  readonly counts = new Map<Rejection, number>();
  /** Who gave each. */
  readonly givenBy = new Map<Rejection, string>();
  /** From the plugins that look for a way out. */
  postFilterMessage = '';
  readonly scores: PluginScores[] = [];
  totals: Float64Array = NO_TOTALS;
  /** How many nodes shared the highest total. */
  ties = 0;
  /** Milliseconds by extension point. */
  readonly times: Record<string, number> = {};
  readonly #rejections: (Rejection | undefined)[];
  /** By slot: the number of the attempt that asked about the node last, negative where it was refused. */
  readonly #seen: Int32Array;
  readonly #epoch: number;

  constructor(
    profile: Profile,
    pod: PodInfo,
    nodes: readonly NodeInfo[],
    scratch: { feasible: NodeInfo[]; rejections: (Rejection | undefined)[]; seen: Int32Array; epoch: number },
  ) {
    this.profile = profile;
    this.pod = pod;
    this.nodes = nodes;
    this.feasible = scratch.feasible;
    this.#rejections = scratch.rejections;
    this.#seen = scratch.seen;
    this.#epoch = scratch.epoch;
  }

  get nodeCount(): number {
    return this.nodes.length;
  }

  rejectionOf(node: NodeInfo): Rejection | undefined {
    if (this.refusal) return this.refusal;
    const seen = this.#seen[node.slot];
    if (seen === -this.#epoch) return this.#rejections[node.slot];
    return seen === this.#epoch ? undefined : this.leftOut;
  }

  /** Whether the node was asked about. */
  wasEvaluated(node: NodeInfo): boolean {
    return Math.abs(this.#seen[node.slot] ?? 0) === this.#epoch;
  }

  /** The rejection was given so many times more. */
  count(rejection: Rejection, times: number): void {
    this.counts.set(rejection, (this.counts.get(rejection) ?? 0) + times);
  }

  /** Who gave a rejection. */
  giver(rejection: Rejection, plugin: string): void {
    this.givenBy.set(rejection, plugin);
    this.rejectedBy.add(plugin);
  }

  /** An extender has refused some of the nodes. */
  narrow(feasible: readonly NodeInfo[], rejections: ReadonlyMap<NodeInfo, Rejection>, by: string): void {
    for (const [node, rejection] of rejections) {
      this.#rejections[node.slot] = rejection;
      this.#seen[node.slot] = -this.#epoch;
      this.count(rejection, 1);
      this.giver(rejection, by);
    }
    this.feasible.splice(0, this.feasible.length, ...feasible);
  }

  /** In Kubernetes' words: `0/3 nodes are available: 3 Insufficient cpu. preemption: …`. */
  get message(): string {
    if (this.nodes.length === 0) return 'no nodes available to schedule pods';
    const fit = this.refusal
      ? preFilterMessage(this.nodes.length, this.refusal.reasons)
      : fitMessage(this.nodes.length, this.#allCounts());
    return this.postFilterMessage === '' ? fit : `${fit} ${this.postFilterMessage}`;
  }

  #allCounts(): ReadonlyMap<Rejection, number> {
    if (this.leftOut === undefined) return this.counts;
    let given = 0;
    for (const count of this.counts.values()) given += count;
    return new Map([...this.counts, [this.leftOut, this.nodes.length - given]]);
  }
}

const NO_TOTALS = new Float64Array(0);
