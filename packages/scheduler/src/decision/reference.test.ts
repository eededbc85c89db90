import {
  type DeepReadonly,
  type LabelSelectorLike,
  type Node,
  type Pod,
  type PodAffinityTerm,
  podRequestAmounts,
  resourceAmounts,
  selectorFromObject,
  type Taint,
  type TopologySpreadConstraint,
  tolerates,
} from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../simulation/random.js';
import { randomNode, randomPod } from '../simulation/random-cluster.js';
import { createSimulation } from '../simulation/simulation.js';

// Kubernetes' rules once more, worked out anew over all nodes and all pods, from
// the objects alone. Nothing here is shared with what is tested.

type NodeObject = Cached<Node>;
type PodObject = Cached<Pod>;
type Labels = Readonly<Record<string, string>>;

interface World {
  readonly nodes: readonly NodeObject[];
  readonly pods: readonly PodObject[];
  readonly namespaces: Readonly<Record<string, Labels>>;
}

const labelsOf = (object: NodeObject | PodObject): Labels => object.metadata.labels ?? {};
const podsOn = (world: World, node: NodeObject) =>
  world.pods.filter(({ spec }) => spec?.nodeName === node.metadata.name);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

function matchesSelector(selector: DeepReadonly<LabelSelectorLike> | undefined, labels: Labels): boolean {
  return selectorFromObject(selector as LabelSelectorLike | undefined).matches(labels);
}

const hasUntolerated = (node: NodeObject, pod: PodObject): boolean =>
  (node.spec?.taints ?? []).some(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' && !pod.spec?.tolerations?.some((each) => tolerates(each, taint as Taint)),
  );

const isSelected = (node: NodeObject, pod: PodObject): boolean =>
  Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, value]) => labelsOf(node)[key] === value);

/** Pods of the namespace that the constraint spreads. */
function isSpread(constraint: DeepReadonly<TopologySpreadConstraint>, owner: PodObject, other: PodObject): boolean {
  if (other.metadata.namespace !== owner.metadata.namespace || other.metadata.deletionTimestamp) return false;
  return matchesConstraint(constraint, owner, other);
}

function matchesConstraint(
  constraint: DeepReadonly<TopologySpreadConstraint>,
  owner: PodObject,
  other: PodObject,
): boolean {
  if (!matchesSelector(constraint.labelSelector, labelsOf(other))) return false;
  return (constraint.matchLabelKeys ?? []).every(
    (key) => labelsOf(owner)[key] === undefined || labelsOf(owner)[key] === labelsOf(other)[key],
  );
}

function isCounted(constraint: DeepReadonly<TopologySpreadConstraint>, node: NodeObject, pod: PodObject): boolean {
  if (constraint.nodeAffinityPolicy !== 'Ignore' && !isSelected(node, pod)) return false;
  return constraint.nodeTaintsPolicy !== 'Honor' || !hasUntolerated(node, pod);
}

const constraintsOf = (pod: PodObject, action: string) =>
  (pod.spec?.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action);

const hasAllKeys = (node: NodeObject, constraints: readonly { readonly topologyKey: string }[]) =>
  constraints.every(({ topologyKey }) => labelsOf(node)[topologyKey] !== undefined);

function satisfiesSpread(world: World, pod: PodObject, node: NodeObject): boolean {
  const constraints = constraintsOf(pod, 'DoNotSchedule');
  return constraints.every((constraint) => {
    const value = labelsOf(node)[constraint.topologyKey];
    if (value === undefined) return false;
    const counts = new Map<string, number>();
    for (const each of world.nodes) {
      if (!hasAllKeys(each, constraints) || !isCounted(constraint, each, pod)) continue;
      const domain = labelsOf(each)[constraint.topologyKey] as string;
      const count = podsOn(world, each).filter((other) => isSpread(constraint, pod, other)).length;
      counts.set(domain, (counts.get(domain) ?? 0) + count);
    }
    const least = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values());
    const self = matchesConstraint(constraint, pod, pod) ? 1 : 0;
    return (counts.get(value) ?? 0) + self - least <= constraint.maxSkew;
  });
}

function speaksOf(world: World, term: DeepReadonly<PodAffinityTerm>, owner: PodObject, other: PodObject): boolean {
  const namespace = other.metadata.namespace ?? '';
  const { namespaces = [], namespaceSelector } = term;
  const inNamespace =
    namespaces.length === 0 && namespaceSelector === undefined
      ? namespace === owner.metadata.namespace
      : namespaces.includes(namespace) ||
        (namespaceSelector !== undefined && matchesSelector(namespaceSelector, world.namespaces[namespace] ?? {}));
  if (!inNamespace || !matchesSelector(term.labelSelector, labelsOf(other))) return false;
  return (term.matchLabelKeys ?? []).every(
    (key) => labelsOf(owner)[key] === undefined || labelsOf(owner)[key] === labelsOf(other)[key],
  );
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

const nodeOf = (world: World, pod: PodObject) =>
  world.nodes.find(({ metadata }) => metadata.name === pod.spec?.nodeName);

/** Pods on nodes of the same topology as this one. */
function near(world: World, node: NodeObject, topologyKey: string): PodObject[] {
  const value = labelsOf(node)[topologyKey];
  if (value === undefined) return [];
  return world.nodes.filter((each) => labelsOf(each)[topologyKey] === value).flatMap((each) => podsOn(world, each));
}

function satisfiesPodAffinity(world: World, pod: PodObject, node: NodeObject): boolean {
  const terms = pod.spec?.affinity?.podAffinity?.[REQUIRED] ?? [];
  if (!hasAllKeys(node, terms)) return false;
  const matchesAll = (other: PodObject) => terms.every((term) => speaksOf(world, term, pod, other));
  if (terms.every(({ topologyKey }) => near(world, node, topologyKey).some(matchesAll))) return true;
  const exists = world.pods.some((other) => {
    const on = nodeOf(world, other);
    return on && matchesAll(other) && terms.some(({ topologyKey }) => labelsOf(on)[topologyKey] !== undefined);
  });
  return !exists && matchesAll(pod);
}

function satisfiesAntiAffinity(world: World, pod: PodObject, node: NodeObject): boolean {
  const own = pod.spec?.affinity?.podAntiAffinity?.[REQUIRED] ?? [];
  for (const term of own)
    if (near(world, node, term.topologyKey).some((other) => speaksOf(world, term, pod, other))) return false;
  for (const other of world.pods)
    for (const term of other.spec?.affinity?.podAntiAffinity?.[REQUIRED] ?? []) {
      const on = nodeOf(world, other);
      const value = on && labelsOf(on)[term.topologyKey];
      if (value === undefined || labelsOf(node)[term.topologyKey] !== value) continue;
      if (speaksOf(world, term, other, pod)) return false;
    }
  return true;
}

function fitsResources(world: World, pod: PodObject, node: NodeObject): boolean {
  const total = resourceAmounts(node.status?.allocatable);
  const others = podsOn(world, node);
  if (others.length + 1 > (total.pods ?? 0)) return false;
  return Object.entries(podRequestAmounts(pod)).every(([name, amount]) => {
    const used = sum(others.map((other) => podRequestAmounts(other)[name] ?? 0));
    return amount === 0 || amount + used <= (total[name] ?? 0);
  });
}

const portsOf = (pod: PodObject) =>
  (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports.flatMap(({ hostPort }) => hostPort ?? []));

function fits(world: World, pod: PodObject, node: NodeObject): boolean {
  const ports = portsOf(pod);
  return (
    !node.spec?.unschedulable &&
    !hasUntolerated(node, pod) &&
    isSelected(node, pod) &&
    !podsOn(world, node).some((other) => portsOf(other).some((port) => ports.includes(port))) &&
    fitsResources(world, pod, node) &&
    satisfiesSpread(world, pod, node) &&
    satisfiesPodAffinity(world, pod, node) &&
    satisfiesAntiAffinity(world, pod, node)
  );
}

function spreadScores(world: World, pod: PodObject, feasible: readonly NodeObject[]): number[] {
  const constraints = constraintsOf(pod, 'ScheduleAnyway');
  const inPlay = feasible.filter((node) => hasAllKeys(node, constraints));
  const raw = feasible.map((node) => {
    if (!inPlay.includes(node)) return -1;
    const parts = constraints.map((constraint) => {
      const { topologyKey, maxSkew } = constraint;
      const isHost = topologyKey === 'kubernetes.io/hostname';
      const domains = isHost ? inPlay.length : new Set(inPlay.map((each) => labelsOf(each)[topologyKey])).size;
      const counted = isHost
        ? [node]
        : world.nodes.filter(
            (each) =>
              hasAllKeys(each, constraints) &&
              isCounted(constraint, each, pod) &&
              labelsOf(each)[topologyKey] === labelsOf(node)[topologyKey],
          );
      const count = sum(counted.map((each) => podsOn(world, each).filter((o) => isSpread(constraint, pod, o)).length));
      return count * Math.log(domains + 2) + (maxSkew - 1);
    });
    return Math.round(sum(parts));
  });
  const valid = raw.filter((score) => score >= 0);
  const max = Math.max(0, ...valid);
  const min = Math.min(...valid);
  return raw.map((score) => (score < 0 ? 0 : max === 0 ? 100 : Math.floor((100 * (max + min - score)) / max)));
}

function affinityScores(world: World, pod: PodObject, feasible: readonly NodeObject[]): number[] {
  const raw = feasible.map((node) => {
    let score = 0;
    const same = (on: NodeObject | undefined, key: string) =>
      on !== undefined && labelsOf(on)[key] !== undefined && labelsOf(on)[key] === labelsOf(node)[key];
    for (const other of world.pods) {
      const on = nodeOf(world, other);
      const weigh = (owner: PodObject, about: PodObject) => {
        const { podAffinity, podAntiAffinity } = owner.spec?.affinity ?? {};
        for (const { weight, podAffinityTerm: term } of podAffinity?.[PREFERRED] ?? [])
          if (same(on, term.topologyKey) && speaksOf(world, term, owner, about)) score += weight;
        for (const { weight, podAffinityTerm: term } of podAntiAffinity?.[PREFERRED] ?? [])
          if (same(on, term.topologyKey) && speaksOf(world, term, owner, about)) score -= weight;
      };
      weigh(pod, other);
      weigh(other, pod);
      for (const term of other.spec?.affinity?.podAffinity?.[REQUIRED] ?? [])
        if (same(on, term.topologyKey) && speaksOf(world, term, other, pod)) score += 1;
    }
    return score;
  });
  const [min, max] = [Math.min(...raw), Math.max(...raw)];
  return raw.map((score) => (max > min ? Math.floor((100 * (score - min)) / (max - min)) : 0));
}

/** Random changes, and after some of them a random pod decided both ways. */
function compare(seed: number): number {
  const random = createRandom(seed);
  const simulation = createSimulation({ configuration: 'percentageOfNodesToScore: 100' });
  const namespaces = { default: {}, other: { team: 'red' } };
  for (const [name, labels] of Object.entries(namespaces)) simulation.cache.setNamespace(name, labels);
  const nodes = new Map<string, NodeObject>();
  const pods = new Map<string, PodObject>();
  let next = 0;
  let compared = 0;
  for (let step = 0; step < 120; step++) {
    const action = random.next();
    if (action < 0.2 || nodes.size < 3) {
      const node = randomNode(random, `n${random.below(12)}`);
      nodes.set(node.metadata.name, node);
      simulation.cache.setNode(node);
    } else if (action < 0.25) {
      const name = random.pick([...nodes.keys()]);
      nodes.delete(name);
      simulation.cache.removeNode(name);
    } else if (action < 0.75) {
      const bare = randomPod(random, `p${next++}`);
      const pod = { ...bare, spec: { ...bare.spec, nodeName: random.pick([...nodes.keys()]) } } as PodObject;
      pods.set(pod.metadata.uid, pod);
      simulation.cache.setPod(pod);
    } else if (action < 0.85 && pods.size > 0) {
      const uid = random.pick([...pods.keys()]);
      const old = pods.get(uid) as PodObject;
      const pod = { ...old, metadata: { ...old.metadata, labels: { app: random.pick(['a', 'b', 'c']) } } };
      pods.set(uid, pod);
      simulation.cache.setPod(pod);
    } else if (pods.size > 0) {
      const uid = random.pick([...pods.keys()]);
      pods.delete(uid);
      simulation.cache.removePod(uid);
    }
    if (step % 4 !== 0) continue;
    const world = { nodes: [...nodes.values()], pods: [...pods.values()], namespaces };
    const pod = randomPod(random, `q${step}`);
    const { cycle } = simulation.decide(pod);
    const expected = world.nodes.filter((node) => fits(world, pod, node)).map(({ metadata }) => metadata.name);
    expect(cycle.feasible.map(({ name }) => name).sort(), `seed ${seed} step ${step}`).toEqual(expected.sort());
    if (cycle.feasible.length < 2) continue;
    const feasible = cycle.feasible.map(({ name }) => nodes.get(name) as NodeObject);
    const scoresOf = (name: string) => cycle.scores.find(({ plugin }) => plugin.name === name)?.normalized;
    const zero = feasible.map(() => 0);
    const hasSoft = constraintsOf(pod, 'ScheduleAnyway').length > 0;
    expect([...(scoresOf('PodTopologySpread') ?? zero)], `spread of seed ${seed} step ${step}`).toEqual(
      hasSoft ? spreadScores(world, pod, feasible) : zero,
    );
    expect([...(scoresOf('InterPodAffinity') ?? zero)], `affinity of seed ${seed} step ${step}`).toEqual(
      affinityScores(world, pod, feasible),
    );
    compared++;
  }
  return compared;
}

describe('decisions on what has been counted all along', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))('are those of counting anew (seed %i)', (seed) => {
    expect(compare(seed)).toBeGreaterThan(0);
  });
});
