import type { DecisionRecord } from './decision-record.js';
import { whatWouldHelp } from './what-would-help.js';

/** One decision, for people and programs. Nodes are listed up to a limit: see `limit`. */
export interface DecisionDocument {
  readonly pod: string;
  readonly uid: string;
  readonly scheduler: string;
  readonly time: string;
  readonly attempt: number;
  readonly priority: number;
  /** Absent where no node fits. */
  readonly node?: string;
  readonly message?: string;
  readonly nodes: { readonly total: number; readonly evaluated: number; readonly feasible: number };
  readonly rejections: readonly RejectionDocument[];
  /** The highest total first. */
  readonly scores: readonly ScoreDocument[];
  /** How many nodes shared the highest total: one of them was drawn. */
  readonly ties: number;
  readonly milliseconds: Readonly<Record<string, number>>;
  readonly preemption?: unknown;
  /** What would have to change for the pod to fit somewhere. */
  readonly wouldHelp: readonly string[];
  /** Each filter's verdict of each node, where the pod waits and somebody asked. */
  readonly verdicts?: readonly VerdictDocument[];
  /** No list is longer. */
  readonly limit: number;
}

export interface RejectionDocument {
  readonly plugin: string;
  readonly reasons: readonly string[];
  readonly count: number;
  /** Pods that leave can help. */
  readonly preemptible: boolean;
  readonly nodes: readonly string[];
}

export interface ScoreDocument {
  readonly node: string;
  readonly total: number;
  readonly plugins: Readonly<Record<string, { readonly raw: number; readonly score: number; readonly weight: number }>>;
}

export interface VerdictDocument {
  readonly node: string;
  /** By plugin: `fits`, or the reasons against it. */
  readonly filters: Readonly<Record<string, string>>;
}

/** A pod's annotations hold 256 KiB: a hundred nodes with a dozen plugins are a third of that. */
export const NODE_LIMIT = 100;

export function describeDecision(record: DecisionRecord): DecisionDocument {
  const { pod, outcome } = record;
  if (pod === undefined) throw new Error('nothing is recorded here');
  const { node, message, preemption } = outcome;
  return {
    pod: pod.key,
    uid: pod.uid,
    scheduler: record.schedulerName,
    time: new Date(record.timeMs).toISOString(),
    attempt: outcome.attempt,
    priority: pod.priority,
    ...(node === undefined ? {} : { node }),
    ...(message === undefined ? {} : { message }),
    nodes: { total: record.nodeCount, evaluated: record.evaluated, feasible: record.feasible.length },
    rejections: rejectionsOf(record),
    scores: scoresOf(record),
    ties: record.ties,
    milliseconds: Object.fromEntries(
      Object.entries(record.times).map(([point, ms]) => [point, Math.round(ms * 1_000) / 1_000]),
    ),
    ...(preemption === undefined ? {} : { preemption }),
    wouldHelp: node === undefined ? whatWouldHelp(record) : [],
    limit: NODE_LIMIT,
  };
}

function rejectionsOf(record: DecisionRecord): RejectionDocument[] {
  const { refusal, leftOut, counts, givenBy, refused, refusals, nodeCount } = record;
  if (refusal) {
    const { reasons, unresolvable } = refusal;
    return [{ plugin: '', reasons, count: nodeCount, preemptible: !unresolvable, nodes: [] }];
  }
  const found = [...counts].map(([rejection, count]): RejectionDocument => {
    const nodes: string[] = [];
    for (let index = 0; index < refused.length && nodes.length < NODE_LIMIT; index++)
      if (refusals[index] === rejection) nodes.push(refused[index]?.name ?? '');
    const { reasons, unresolvable } = rejection;
    return { plugin: givenBy.get(rejection) ?? '', reasons, count, preemptible: !unresolvable, nodes };
  });
  if (leftOut) {
    const count = nodeCount - refused.length - record.feasible.length;
    found.push({ plugin: '', reasons: leftOut.reasons, count, preemptible: false, nodes: [] });
  }
  return found.sort((a, b) => b.count - a.count);
}

function scoresOf(record: DecisionRecord): ScoreDocument[] {
  const { feasible, plugins } = record;
  const order = feasible.map((_, index) => index).sort((a, b) => record.total(b) - record.total(a));
  return order.slice(0, NODE_LIMIT).map((index) => ({
    node: feasible[index]?.name ?? '',
    total: record.total(index),
    plugins: Object.fromEntries(
      plugins.map(({ name, weight }, plugin) => [
        name,
        { raw: record.rawScore(plugin, index), score: record.score(plugin, index), weight },
      ]),
    ),
  }));
}
