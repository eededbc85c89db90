import type { CycleState, EnabledPlugin, FilterResult, Plugin, Profile } from './framework.js';
import type { NodeInfo } from './node-info.js';
import type { PodInfo } from './pod-info.js';

export type Decision =
  | { readonly node: string; readonly evaluated: number; readonly feasible: number }
  | {
      readonly node: undefined;
      /** In Kubernetes' words: `0/3 nodes are available: 3 Insufficient cpu.` */
      readonly message: string;
      /** The plugins whose change of mind could help. */
      readonly rejectedBy: ReadonlySet<string>;
    };

export interface DeciderOptions {
  readonly nodes: () => readonly NodeInfo[];
  /** 0 to 1; breaks ties. Default Math.random. */
  readonly random?: () => number;
  /** 0: adapted to the number of nodes. */
  readonly percentageOfNodesToScore?: number;
}

/** Fewer than these are never left out. */
const MIN_FEASIBLE_NODES = 100;

/** Chooses a node for one pod after another: filter, then score, then the best. */
export class Decider {
  readonly #options: DeciderOptions;
  /** Where the next search starts, so that all nodes are used alike. */
  #start = 0;

  constructor(options: DeciderOptions) {
    this.#options = options;
  }

  decide(profile: Profile, pod: PodInfo): Decision {
    const nodes = this.#options.nodes();
    if (nodes.length === 0) {
      const rejectedBy = new Set(profile.plugins.map(({ plugin }) => plugin.name));
      return { node: undefined, message: 'no nodes available to schedule pods', rejectedBy };
    }
    const state: CycleState = new Map();
    const filters: Plugin[] = [];
    for (const { plugin } of profile.plugins) {
      const before = plugin.preFilter?.(state, pod);
      if (before === 'skip') continue;
      if (before) return reject(nodes.length, before.reasons, plugin.name);
      if (plugin.filter) filters.push(plugin);
    }
    const reasons = new Map<string, number>();
    const rejectedBy = new Set<string>();
    const { feasible, evaluated } = this.#filter(nodes, filters, state, pod, (plugin, rejection) => {
      rejectedBy.add(plugin.name);
      for (const reason of rejection.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    });
    const [first] = feasible;
    if (first === undefined) return { node: undefined, message: fitMessage(nodes.length, reasons), rejectedBy };
    const node = feasible.length === 1 ? first : this.#best(feasible, profile, state, pod);
    return { node: node.name, evaluated, feasible: feasible.length };
  }

  #filter(
    nodes: readonly NodeInfo[],
    filters: readonly Plugin[],
    state: CycleState,
    pod: PodInfo,
    onRejection: (plugin: Plugin, rejection: NonNullable<FilterResult>) => void,
  ): { feasible: NodeInfo[]; evaluated: number } {
    const wanted = feasibleNodesToFind(nodes.length, this.#options.percentageOfNodesToScore ?? 0);
    const feasible: NodeInfo[] = [];
    let evaluated = 0;
    const start = this.#start % nodes.length;
    while (evaluated < nodes.length && feasible.length < wanted) {
      const node = nodes[(start + evaluated) % nodes.length] as NodeInfo;
      evaluated++;
      const fits = filters.every((plugin) => {
        const rejection = plugin.filter?.(state, pod, node);
        if (rejection) onRejection(plugin, rejection);
        return rejection === undefined;
      });
      if (fits) feasible.push(node);
    }
    this.#start = (start + evaluated) % nodes.length;
    return { feasible, evaluated };
  }

  #best(feasible: readonly NodeInfo[], profile: Profile, state: CycleState, pod: PodInfo): NodeInfo {
    const totals = new Array<number>(feasible.length).fill(0);
    for (const enabled of profile.plugins) addScores(totals, enabled, feasible, state, pod);
    const random = this.#options.random ?? Math.random;
    let best = 0;
    let ties = 1;
    for (let index = 1; index < totals.length; index++) {
      const difference = (totals[index] ?? 0) - (totals[best] ?? 0);
      if (difference > 0) {
        best = index;
        ties = 1;
      } else if (difference === 0 && random() * ++ties < 1) {
        best = index;
      }
    }
    return feasible[best] as NodeInfo;
  }
}

function addScores(
  totals: number[],
  { plugin, weight }: EnabledPlugin,
  feasible: readonly NodeInfo[],
  state: CycleState,
  pod: PodInfo,
): void {
  if (!plugin.score || weight === 0 || plugin.preScore?.(state, pod, feasible) === 'skip') return;
  const scores = feasible.map((node) => plugin.score?.(state, pod, node) ?? 0);
  plugin.normalize?.(scores);
  for (let index = 0; index < scores.length; index++)
    totals[index] = (totals[index] ?? 0) + weight * (scores[index] ?? 0);
}

/** In large clusters not every node is looked at: 50 % less one for every 125 nodes, never under 5 % or 100. */
export function feasibleNodesToFind(nodeCount: number, percentage: number): number {
  if (nodeCount < MIN_FEASIBLE_NODES || percentage >= 100) return nodeCount;
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(nodeCount / 125));
  return Math.max(MIN_FEASIBLE_NODES, Math.floor((nodeCount * share) / 100));
}

function reject(nodeCount: number, reasons: readonly string[], plugin: string): Decision {
  const message = `0/${nodeCount} nodes are available: ${reasons.join(', ')}.`;
  return { node: undefined, message, rejectedBy: new Set([plugin]) };
}

function fitMessage(nodeCount: number, reasons: ReadonlyMap<string, number>): string {
  const texts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${texts.join(', ')}.`;
}
