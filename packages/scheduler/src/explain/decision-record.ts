import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import type { Cycle } from '../decision/cycle.js';
import type { Rejection } from '../framework.js';

/** What came of an attempt. */
export interface Outcome {
  readonly attempt: number;
  /** Absent where no node fits. */
  readonly node?: string;
  readonly message?: string;
  /** From the plugins that looked for a way out. */
  readonly preemption?: unknown;
}

/**
 * One decision as it was made, kept in arrays that are used again: keeping it
 * costs copying, and nothing is worked out until somebody asks.
 */
export class DecisionRecord {
  pod: PodInfo | undefined;
  outcome: Outcome = { attempt: 0 };
  schedulerName = '';
  timeMs = 0;
  times: Readonly<Record<string, number>> = {};
  nodeCount = 0;
  evaluated = 0;
  ties = 0;
  refusal: Rejection | undefined;
  leftOut: Rejection | undefined;
  givenBy: ReadonlyMap<Rejection, string> = new Map();
  counts: ReadonlyMap<Rejection, number> = new Map();
  readonly feasible: NodeInfo[] = [];
  /** Nodes that were refused, and why; one list beside the other. */
  readonly refused: NodeInfo[] = [];
  readonly refusals: Rejection[] = [];
  readonly plugins: { readonly name: string; readonly weight: number }[] = [];
  /** For each plugin the raw scores and then the normalized ones, in the order of the feasible nodes; then the totals. */
  scores = new Float32Array(0);

  copy(cycle: Cycle, outcome: Outcome, timeMs: number): void {
    this.pod = cycle.pod;
    this.outcome = outcome;
    this.schedulerName = cycle.profile.schedulerName;
    this.timeMs = timeMs;
    this.times = cycle.times;
    this.nodeCount = cycle.nodes.length;
    this.evaluated = cycle.evaluated;
    this.ties = cycle.ties;
    this.refusal = cycle.refusal;
    this.leftOut = cycle.leftOut;
    this.givenBy = cycle.givenBy;
    this.counts = cycle.counts;
    this.#copyNodes(cycle);
    this.#copyScores(cycle);
  }

  #copyNodes(cycle: Cycle): void {
    const { feasible } = cycle;
    this.feasible.length = feasible.length;
    for (let index = 0; index < feasible.length; index++) this.feasible[index] = feasible[index] as NodeInfo;
    this.refused.length = 0;
    this.refusals.length = 0;
    if (cycle.evaluated === feasible.length) return;
    for (const node of cycle.nodes) {
      const rejection = cycle.wasEvaluated(node) ? cycle.rejectionOf(node) : undefined;
      if (rejection === undefined) continue;
      this.refused.push(node);
      this.refusals.push(rejection);
    }
  }

  #copyScores({ scores, feasible, totals }: Cycle): void {
    const length = feasible.length;
    const needed = (scores.length * 2 + 1) * length;
    if (this.scores.length < needed) this.scores = new Float32Array(needed);
    this.plugins.length = 0;
    let offset = 0;
    for (const { plugin, weight, raw, normalized } of scores) {
      this.plugins.push({ name: plugin.name, weight });
      this.scores.set(raw, offset);
      this.scores.set(normalized, offset + length);
      offset += 2 * length;
    }
    if (totals.length > 0) this.scores.set(totals, offset);
    else this.scores.fill(0, offset, offset + length);
  }

  rawScore(plugin: number, node: number): number {
    return this.scores[plugin * 2 * this.feasible.length + node] ?? 0;
  }

  score(plugin: number, node: number): number {
    return this.scores[(plugin * 2 + 1) * this.feasible.length + node] ?? 0;
  }

  total(node: number): number {
    return this.scores[this.plugins.length * 2 * this.feasible.length + node] ?? 0;
  }
}
