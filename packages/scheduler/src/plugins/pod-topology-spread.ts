import type { NodeInfo } from '../cluster/node-info.js';
import type { PodInfo } from '../cluster/pod-info.js';
import { type ClusterEvent, nodeOf, podOf, type QueueingHint } from '../cluster-event.js';
import type { CycleState } from '../framework/cycle-state.js';
import type { PluginHandle } from '../framework/plugin-handle.js';
import { StateSlot } from '../framework/state-slot.js';
import { MAX_NODE_SCORE, type Plugin, type Rejection } from '../framework.js';
import { CountsView, type DomainCounts } from '../topology/domain-counts.js';
import { type DefaultConstraints, type SpreadConstraint, SpreadConstraintReader } from './spread-constraints.js';

const NAME = 'PodTopologySpread';
const SCORE = `${NAME}/score`;
const HOSTNAME = 'kubernetes.io/hostname';
const SKEWED: Rejection = { reasons: ["node(s) didn't match pod topology spread constraints"], unresolvable: false };
const NO_LABEL: Rejection = {
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  unresolvable: true,
};
/** Marks a node that is left out of the score. */
const LEFT_OUT = -1;

class FilterState {
  readonly constraints: readonly SpreadConstraint[];
  readonly views: readonly CountsView[];
  /** The smallest count of each constraint; worked out again after a trial has changed counts. */
  minimums: number[] | undefined;

  constructor(constraints: readonly SpreadConstraint[], views: readonly CountsView[]) {
    this.constraints = constraints;
    this.views = views;
  }

  clone(): FilterState {
    return new FilterState(
      this.constraints,
      this.views.map((view) => view.clone()),
    );
  }

  minimum(index: number): number {
    this.minimums ??= this.views.map((view, each) => {
      const { minDomains } = this.constraints[each] as SpreadConstraint;
      // Fewer domains than wanted: as if there were one that is empty (KEP-3022).
      return view.counts.domains.size < minDomains ? 0 : view.minimum();
    });
    return this.minimums[index] ?? 0;
  }
}

interface ScoreState {
  readonly constraints: readonly SpreadConstraint[];
  readonly counts: readonly DomainCounts[];
  readonly weights: readonly number[];
  /** Nodes that lack a label, by slot. */
  readonly leftOut: ReadonlySet<number>;
}

/** Spreads pods over zones, nodes and other topologies: as a must, and as a wish. */
export function podTopologySpread(
  { cache, objects }: Pick<PluginHandle, 'cache' | 'objects'>,
  defaults: DefaultConstraints,
): Plugin {
  const reader = new SpreadConstraintReader(defaults, objects);
  const countsOf = ({ query }: SpreadConstraint) => cache.counts.counts(query, cache.nodes.length);
  const filterSlot = new StateSlot<FilterState>(NAME);
  const scoreSlot = new StateSlot<ScoreState>(SCORE);
  let passes = 0;

  /** How many domains the nodes are in; those without the label are one. */
  const countDomains = (nodes: readonly NodeInfo[], counts: DomainCounts, leftOut: ReadonlySet<number>): number => {
    const pass = ++passes;
    const { topologyKey } = counts;
    const others = new Set<string>();
    let found = 0;
    for (const node of nodes) {
      if (leftOut.has(node.slot)) continue;
      const domain = counts.bySlot[node.slot] ?? counts.domains.get(node.labels[topologyKey] ?? '');
      if (domain === undefined) others.add(node.labels[topologyKey] ?? '');
      else if (domain.seen !== pass) {
        domain.seen = pass;
        found++;
      }
    }
    return found + others.size;
  };

  return {
    name: NAME,
    events: [
      {
        resource: 'AssignedPod',
        actions: ['Add', 'Delete', 'UpdatePodLabel'],
        hint: (pod, event) => podHint(reader, pod, event),
      },
      { resource: 'UnscheduledPod', actions: ['UpdatePodLabel'] },
      {
        resource: 'Node',
        actions: ['Add', 'Delete', 'UpdateNodeLabel', 'UpdateNodeTaint'],
        hint: (pod, event) => nodeHint(reader, pod, event),
      },
    ],
    preFilter(state, pod) {
      const { hard } = reader.of(pod);
      if (hard.length === 0) return 'skip';
      filterSlot.write(
        state,
        new FilterState(
          hard,
          hard.map((constraint) => new CountsView(countsOf(constraint))),
        ),
      );
      return undefined;
    },
    addPod: (state, _, added, node) => changeCounts(state, added, node, 1),
    removePod: (state, _, removed, node) => changeCounts(state, removed, node, -1),
    filter(state, _, node) {
      const own = filterSlot.read(state);
      if (own === undefined) return undefined;
      const { constraints, views } = own;
      for (let index = 0; index < constraints.length; index++) {
        const count = (views[index] as CountsView).at(node);
        if (count === undefined) return NO_LABEL;
        const { countsSelf, maxSkew } = constraints[index] as SpreadConstraint;
        if (count + (countsSelf ? 1 : 0) - own.minimum(index) > maxSkew) return SKEWED;
      }
      return undefined;
    },
    preScore(state, pod, nodes) {
      const { soft, requiresAllTopologies } = reader.of(pod);
      if (soft.length === 0) return 'skip';
      const leftOut = new Set<number>();
      if (requiresAllTopologies)
        for (const node of nodes)
          for (const { topologyKey } of soft) if (node.labels[topologyKey] === undefined) leftOut.add(node.slot);
      const counts = soft.map(countsOf);
      const weights = counts.map((each) => {
        const domains =
          each.topologyKey === HOSTNAME ? nodes.length - leftOut.size : countDomains(nodes, each, leftOut);
        // Constraints over few domains count less than those over many.
        return Math.log(domains + 2);
      });
      scoreSlot.write(state, { constraints: soft, counts, weights, leftOut });
      return undefined;
    },
    score(state, _, node) {
      const own = scoreSlot.read(state);
      if (own === undefined || own.leftOut.has(node.slot)) return 0;
      let score = 0;
      for (let index = 0; index < own.constraints.length; index++) {
        const counts = own.counts[index] as DomainCounts;
        const { topologyKey, maxSkew } = own.constraints[index] as SpreadConstraint;
        const value = node.labels[topologyKey];
        if (value === undefined) continue;
        const domain = counts.bySlot[node.slot] ?? counts.domains.get(value);
        const count = topologyKey === HOSTNAME ? (counts.ofSlot[node.slot] ?? 0) : (domain?.count ?? 0);
        score += count * (own.weights[index] ?? 0) + (maxSkew - 1);
      }
      return Math.round(score);
    },
    normalize(state, scores, nodes) {
      const leftOut = scoreSlot.read(state)?.leftOut;
      let min = Number.POSITIVE_INFINITY;
      let max = 0;
      for (let index = 0; index < scores.length; index++) {
        if (leftOut?.size && leftOut.has((nodes[index] as NodeInfo).slot)) {
          scores[index] = LEFT_OUT;
          continue;
        }
        const score = scores[index] ?? 0;
        if (score < min) min = score;
        if (score > max) max = score;
      }
      for (let index = 0; index < scores.length; index++) {
        const score = scores[index] ?? 0;
        if (score === LEFT_OUT) scores[index] = 0;
        else if (max === 0) scores[index] = MAX_NODE_SCORE;
        else scores[index] = Math.floor((MAX_NODE_SCORE * (max + min - score)) / max);
      }
    },
  };
}

function changeCounts(state: CycleState, pod: PodInfo, node: NodeInfo, amount: 1 | -1): void {
  const own = state.read<FilterState>(NAME);
  own?.constraints.forEach(({ query, selector, topologyKey }, index) => {
    const value = node.labels[topologyKey];
    if (value === undefined || !selector.matches(pod.labels) || !query.countsPod(pod)) return;
    if (query.countsNode?.(node) === false) return;
    own.views[index]?.change(value, amount);
    own.minimums = undefined;
  });
}

/** Another pod that is spread with this one came, went or changed. */
function podHint(reader: SpreadConstraintReader, pod: PodInfo, event: ClusterEvent): QueueingHint {
  const other = podOf(event);
  if (other.metadata.namespace !== pod.namespace) return 'skip';
  const labels = [other.metadata.labels, ...(event.old ? [event.old.metadata.labels] : [])];
  const concerns = reader
    .of(pod)
    .hard.some(({ selector }) => labels.some((each) => selector.matches(each as Record<string, string>)));
  return concerns ? 'queue' : 'skip';
}

/** A node of the topologies in question came, went, or moved between domains. */
function nodeHint(reader: SpreadConstraintReader, pod: PodInfo, event: ClusterEvent): QueueingHint {
  const { hard } = reader.of(pod);
  const values = (labels: Readonly<Record<string, string>> | undefined) =>
    hard.map(({ topologyKey }) => labels?.[topologyKey]);
  const present = values(nodeOf(event).metadata.labels);
  const isMember = (each: readonly (string | undefined)[]) => !each.includes(undefined);
  if (event.old === undefined || event.action === 'UpdateNodeTaint') return isMember(present) ? 'queue' : 'skip';
  const before = values(event.old.metadata.labels);
  if (!isMember(present) && !isMember(before)) return 'skip';
  return present.some((value, index) => value !== before[index]) || event.action === 'UpdateNodeLabel'
    ? 'queue'
    : 'skip';
}
