import type { SchedulerCache } from '../cluster/cache.js';
import type { NodeInfo } from '../cluster/node-info.js';
import { NodeMemory } from '../cluster/node-memory.js';
import type { Nominator } from '../cluster/nominator.js';
import type { PodInfo } from '../cluster/pod-info.js';
import type { CycleState } from '../framework/cycle-state.js';
import type { FilterResult, Plugin, Profile, Rejection } from '../framework.js';
import { Cycle } from './cycle.js';

export interface DeciderOptions {
  readonly cache: SchedulerCache;
  readonly nominator: Nominator;
  /** 0 to 1; breaks ties. Default Math.random. */
  readonly random?: () => number;
  /** Told how long each plugin took, for every tenth pod, as Kubernetes does. */
  readonly onPluginTime?: (plugin: string, extensionPoint: string, milliseconds: number) => void;
}

/** Fewer than these are never left out. */
const MIN_FEASIBLE_NODES = 100;
const PLUGIN_TIMES_EVERY = 10;

/** Chooses a node for one pod after another: filter, then score, then the best. */
export class Decider {
  readonly #cache: SchedulerCache;
  readonly #nominator: Nominator;
  readonly #random: () => number;
  readonly #onPluginTime: DeciderOptions['onPluginTime'];
  /** Where the next search starts, so that all nodes are used alike. */
  #start = 0;
  #epoch = 0;
  #seen = new Int32Array(0);
  readonly #rejections: (Rejection | undefined)[] = [];
  readonly #feasible: NodeInfo[] = [];
  #totals = new Float64Array(0);
  readonly #raw: Float64Array[] = [];
  readonly #normalized: Float64Array[] = [];
  readonly #filters: Plugin[] = [];
  /** Whether pods fit beside those that are nominated. */
  readonly #fitting: NodeMemory<FilterResult>;

  constructor({ cache, nominator, random = Math.random, onPluginTime }: DeciderOptions) {
    this.#cache = cache;
    this.#nominator = nominator;
    this.#random = random;
    this.#onPluginTime = onPluginTime;
    this.#fitting = new NodeMemory(nominator);
  }

  /** Finds the nodes that fit: all of them in a small cluster, enough of them in a large one. */
  filter(profile: Profile, pod: PodInfo): Cycle {
    const cycle = this.#begin(profile, pod);
    if (cycle.nodes.length === 0) {
      for (const { name } of profile.plugins) cycle.rejectedBy.add(name);
      return cycle;
    }
    const startMs = performance.now();
    const subset = this.#preFilter(cycle);
    const filterMs = performance.now();
    cycle.times.PreFilter = filterMs - startMs;
    if (cycle.refusal) return cycle;
    if (!this.#filterNominated(cycle)) this.#filterAll(cycle, subset);
    cycle.times.Filter = performance.now() - filterMs;
    return cycle;
  }

  /** The best of the feasible nodes; `extra` are points from elsewhere, in their order. Undefined where there is none. */
  choose(cycle: Cycle, extra?: Float64Array): NodeInfo | undefined {
    const { feasible } = cycle;
    if (feasible.length === 0) return undefined;
    if (feasible.length === 1 && extra === undefined) {
      cycle.ties = 1;
      return feasible[0];
    }
    if (this.#totals.length < feasible.length) this.#totals = new Float64Array(feasible.length * 2);
    const totals = this.#totals.subarray(0, feasible.length);
    if (extra) totals.set(extra);
    else totals.fill(0);
    cycle.totals = totals;
    this.#score(cycle);
    return this.#best(cycle);
  }

  /** Whether the pod fits the node, the nominated pods there that go before it counted in. */
  fits(filters: readonly Plugin[], state: CycleState, pod: PodInfo, node: NodeInfo): FilterResult {
    const nominated = this.#nominatedBefore(pod, node);
    if (nominated !== undefined) {
      const copy = node.clone();
      const stateCopy = state.clone();
      for (const other of nominated) {
        copy.addPod(other);
        addPod(filters, stateCopy, pod, other, copy);
      }
      const rejection = firstRejection(filters, stateCopy, pod, copy);
      if (rejection) return rejection;
      // They may never come: it must fit without them as well.
    }
    return firstRejection(filters, state, pod, node);
  }

  /** The profile's filters that have something to say of this pod. */
  filtersOf(profile: Profile, state: CycleState): readonly Plugin[] {
    if (state.skippedFilters.size === 0) return profile.filter;
    return profile.filter.filter(({ name }) => !state.skippedFilters.has(name));
  }

  #begin(profile: Profile, pod: PodInfo): Cycle {
    const { slots } = this.#cache;
    if (this.#seen.length < slots) this.#seen = new Int32Array(slots * 2);
    this.#feasible.length = 0;
    const scratch = { feasible: this.#feasible, rejections: this.#rejections, seen: this.#seen, epoch: ++this.#epoch };
    return new Cycle(profile, pod, this.#cache.nodes, scratch);
  }

  #preFilter(cycle: Cycle): ReadonlySet<string> | undefined {
    const { profile, pod, state } = cycle;
    const timed = this.#onPluginTime !== undefined && this.#epoch % PLUGIN_TIMES_EVERY === 0;
    let subset: ReadonlySet<string> | undefined;
    const narrowedBy: string[] = [];
    for (const plugin of profile.preFilter) {
      const startMs = timed ? performance.now() : 0;
      const result = plugin.preFilter?.(state, pod);
      if (timed) this.#onPluginTime?.(plugin.name, 'PreFilter', performance.now() - startMs);
      if (result === undefined) continue;
      if (result === 'skip') {
        state.skippedFilters.add(plugin.name);
        continue;
      }
      if ('reasons' in result) {
        cycle.refusal = result;
        cycle.rejectedBy.add(plugin.name);
        return undefined;
      }
      narrowedBy.push(plugin.name);
      const { nodeNames } = result;
      subset = subset === undefined ? nodeNames : new Set([...subset].filter((name) => nodeNames.has(name)));
    }
    if (subset === undefined) return undefined;
    for (const name of narrowedBy) cycle.rejectedBy.add(name);
    const names = narrowedBy.sort();
    cycle.leftOut = { reasons: [`node(s) didn't satisfy plugin(s) [${names.join(' ')}]`], unresolvable: true };
    if (subset.size === 0) {
      const reason =
        names.length === 1
          ? `node(s) didn't satisfy plugin ${names[0]}`
          : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`;
      cycle.refusal = { reasons: [reason], unresolvable: true };
    }
    return subset;
  }

  /** A pod that others made room for goes there if it can. */
  #filterNominated(cycle: Cycle): boolean {
    const { pod } = cycle;
    const name = this.#nominator.nodeOf(pod.uid) ?? pod.pod.status?.nominatedNodeName;
    const node = name ? this.#cache.node(name) : undefined;
    if (node === undefined) return false;
    const filters = this.filtersOf(cycle.profile, cycle.state);
    if (this.fits(filters, cycle.state, pod, node) !== undefined) return false;
    cycle.evaluated = 1;
    this.#seen[node.slot] = this.#epoch;
    cycle.feasible.push(node);
    return true;
  }

  #filterAll(cycle: Cycle, subset: ReadonlySet<string> | undefined): void {
    const { profile, pod, state, feasible } = cycle;
    const nodes = subset === undefined ? cycle.nodes : this.#named(subset);
    const count = nodes.length;
    const wanted = hasScores(profile) ? feasibleNodesToFind(count, profile.percentageOfNodesToScore) : 1;
    const filters = this.#relevantFilters(profile, state);
    const epoch = this.#epoch;
    const seen = this.#seen;
    const rejections = this.#rejections;
    const besideNominated = this.#nominator.size > 0 ? this.#besideNominated(cycle, filters) : undefined;
    const start = count === 0 ? 0 : this.#start % count;
    cycle.start = start;
    let index = start;
    let evaluated = 0;
    let last: FilterResult;
    let lastCount = 0;
    for (; evaluated < count && feasible.length < wanted; evaluated++) {
      const node = nodes[index] as NodeInfo;
      if (++index === count) index = 0;
      let rejection: FilterResult;
      let failed = 0;
      for (; failed < filters.length; failed++) {
        rejection = (filters[failed] as Plugin).filter?.(state, pod, node);
        if (rejection !== undefined) break;
      }
      if (rejection === undefined && besideNominated) rejection = besideNominated(node);
      if (rejection === undefined) {
        seen[node.slot] = epoch;
        feasible.push(node);
        continue;
      }
      seen[node.slot] = -epoch;
      rejections[node.slot] = rejection;
      // Most nodes in a row are refused for the same reason.
      if (rejection === last) {
        lastCount++;
        continue;
      }
      if (last !== undefined) cycle.count(last, lastCount);
      last = rejection;
      lastCount = 1;
      if (failed < filters.length) cycle.giver(rejection, (filters[failed] as Plugin).name);
    }
    if (last !== undefined) cycle.count(last, lastCount);
    cycle.evaluated = evaluated;
    if (cycle.nodes.length > 0) this.#start = (this.#start + evaluated) % cycle.nodes.length;
  }

  /** Asked of nodes that the pod fits but for those nominated there. */
  #besideNominated(cycle: Cycle, filters: readonly Plugin[]): (node: NodeInfo) => FilterResult {
    const { pod, state, rejectedBy } = cycle;
    const judge = (node: NodeInfo) => this.fits(filters, state, pod, node);
    let fits: typeof judge | undefined;
    return (node) => {
      if (this.#nominator.versionOf(node.name) === 0) return undefined;
      fits ??= judgeByNodeAlone(filters) ? this.#fitting.remembering(pod, [], judge) : judge;
      const rejection = fits(node);
      // Which plugin it was does not matter much: any of them may change its mind once those have come or gone.
      if (rejection) for (const { name } of filters) rejectedBy.add(name);
      return rejection;
    };
  }

  #nominatedBefore(pod: PodInfo, node: NodeInfo): PodInfo[] | undefined {
    if (this.#nominator.size === 0) return undefined;
    const nominated = this.#nominator.podsOn(node.name);
    if (nominated === undefined) return undefined;
    let found: PodInfo[] | undefined;
    for (const other of nominated) {
      if (other.uid === pod.uid || other.priority < pod.priority || node.pods.has(other.uid)) continue;
      found ??= [];
      found.push(other);
    }
    return found;
  }

  #relevantFilters(profile: Profile, state: CycleState): readonly Plugin[] {
    const relevant = this.#filters;
    relevant.length = 0;
    for (const plugin of profile.filter) if (!state.skippedFilters.has(plugin.name)) relevant.push(plugin);
    return relevant;
  }

  #named(names: ReadonlySet<string>): NodeInfo[] {
    const nodes: NodeInfo[] = [];
    for (const name of names) {
      const node = this.#cache.node(name);
      if (node) nodes.push(node);
    }
    return nodes;
  }

  #score(cycle: Cycle): void {
    const { profile, pod, state, feasible, totals } = cycle;
    const startMs = performance.now();
    const skipped = new Set<string>();
    for (const plugin of profile.preScore)
      if (plugin.preScore?.(state, pod, feasible) === 'skip') skipped.add(plugin.name);
    const scoreMs = performance.now();
    cycle.times.PreScore = scoreMs - startMs;
    const timed = this.#onPluginTime !== undefined && this.#epoch % PLUGIN_TIMES_EVERY === 0;
    let column = 0;
    for (const { plugin, weight } of profile.score) {
      if (skipped.has(plugin.name)) continue;
      const pluginMs = timed ? performance.now() : 0;
      const raw = this.#column(this.#raw, column, feasible.length);
      fillScores(plugin, state, pod, feasible, raw);
      let normalized = raw;
      if (plugin.normalize) {
        normalized = this.#column(this.#normalized, column, feasible.length);
        normalized.set(raw);
        plugin.normalize(state, normalized, feasible);
      }
      for (let index = 0; index < totals.length; index++)
        totals[index] = (totals[index] as number) + weight * (normalized[index] as number);
      cycle.scores.push({ plugin, weight, raw, normalized });
      column++;
      if (timed) this.#onPluginTime?.(plugin.name, 'Score', performance.now() - pluginMs);
    }
    cycle.times.Score = performance.now() - scoreMs;
  }

  #column(columns: Float64Array[], column: number, length: number): Float64Array {
    let buffer = columns[column];
    if (buffer === undefined || buffer.length < length) {
      buffer = new Float64Array(length * 2);
      columns[column] = buffer;
    }
    return buffer.subarray(0, length);
  }

  #best(cycle: Cycle): NodeInfo {
    const { totals, feasible } = cycle;
    let best = 0;
    let ties = 1;
    for (let index = 1; index < totals.length; index++) {
      const difference = (totals[index] as number) - (totals[best] as number);
      if (difference > 0) {
        best = index;
        ties = 1;
      } else if (difference === 0 && this.#random() * ++ties < 1) {
        best = index;
      }
    }
    cycle.ties = ties;
    return feasible[best] as NodeInfo;
  }
}

/** Apart, so that each plugin's score is called from a loop of its own kind. */
function fillScores(
  plugin: Plugin,
  state: CycleState,
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  scores: Float64Array,
): void {
  for (let index = 0; index < nodes.length; index++)
    scores[index] = plugin.score?.(state, pod, nodes[index] as NodeInfo) ?? 0;
}

function firstRejection(filters: readonly Plugin[], state: CycleState, pod: PodInfo, node: NodeInfo): FilterResult {
  for (const plugin of filters) {
    const rejection = plugin.filter?.(state, pod, node);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

function addPod(plugins: readonly Plugin[], state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): void {
  for (const plugin of plugins) plugin.addPod?.(state, pod, added, node);
}

/** Whether what they say of a node holds for pods that ask for the same until the node changes. */
export function judgeByNodeAlone(filters: readonly Plugin[]): boolean {
  return filters.every((plugin) => plugin.filtersByNodeAlone);
}

const hasScores = ({ score }: Profile): boolean => score.length > 0;

/** In large clusters not every node is looked at: 50 % less one for every 125 nodes, never under 5 % or 100. */
export function feasibleNodesToFind(nodeCount: number, percentage: number): number {
  if (nodeCount < MIN_FEASIBLE_NODES || percentage >= 100) return nodeCount;
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(nodeCount / 125));
  return Math.max(MIN_FEASIBLE_NODES, Math.floor((nodeCount * share) / 100));
}
