import type { Node, Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { describe, expect, it } from 'vitest';
import { createPodInfo } from './cluster/pod-info.js';
import { createRandom, type Random } from './simulation/random.js';
import { randomNode, randomPod } from './simulation/random-cluster.js';
import { createSimulation, type Simulation } from './simulation/simulation.js';

/** What the apiserver knows: the only thing that outlives a scheduler. */
interface Store {
  readonly nodes: Map<string, Cached<Node>>;
  readonly pods: Map<string, Cached<Pod>>;
}

const isBound = ({ spec }: Cached<Pod>) => Boolean(spec?.nodeName);

/** A scheduler that has just started: it reads everything, in whatever order it comes. */
function startOn({ nodes, pods }: Store, random: Random): Simulation {
  const simulation = createSimulation({ random: random.next });
  simulation.cache.setNamespace('default', {});
  simulation.cache.setNamespace('other', { team: 'red' });
  const changes = [
    ...[...nodes.values()].map((node) => () => simulation.cache.setNode(node)),
    ...[...pods.values()].filter(isBound).map((pod) => () => void simulation.cache.setPod(pod)),
  ];
  for (let left = changes.length; left > 0; left--) {
    const [change] = changes.splice(random.below(left), 1);
    change?.();
  }
  return simulation;
}

/** Every rule that held when the pod was placed, asked of a scheduler that knows nothing but the store. */
function wouldFit(store: Store, pod: Cached<Pod>, node: string, random: Random): boolean {
  const pods = new Map(store.pods);
  pods.delete(pod.metadata.uid);
  const fresh = startOn({ nodes: store.nodes, pods }, random);
  const { cycle } = fresh.decide({
    ...pod,
    spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: '' },
  });
  return cycle.feasible.some(({ name }) => name === node);
}

/** Pods come and go, answers come late or never, and the scheduler is killed and started again in between. */
function run(seed: number): number {
  const random = createRandom(seed);
  const store: Store = { nodes: new Map(), pods: new Map() };
  for (let index = 0; index < 8; index++) {
    const node = randomNode(random, `n${index}`);
    store.nodes.set(node.metadata.name, node);
  }
  let scheduler = startOn(store, random);
  /** Bindings that the apiserver has made and the scheduler has not heard of. */
  let unheard: Cached<Pod>[] = [];
  let placed = 0;
  for (let step = 0; step < 60; step++) {
    if (random.chance(0.05)) {
      scheduler = startOn(store, random);
      unheard = [];
    }
    if (random.chance(0.2)) {
      const bound = [...store.pods.values()].filter(isBound);
      if (bound.length > 0) {
        const { uid } = random.pick(bound).metadata;
        store.pods.delete(uid);
        unheard = unheard.filter(({ metadata }) => metadata.uid !== uid);
        scheduler.cache.removePod(uid);
      }
    }
    while (unheard.length > 0 && random.chance(0.5)) {
      const [pod] = unheard.splice(random.below(unheard.length), 1);
      if (pod) scheduler.cache.setPod(pod);
    }
    const made = randomPod(random, `p${step}`);
    const pod: Cached<Pod> = { ...made, metadata: { ...made.metadata, deletionTimestamp: undefined } };
    const info = createPodInfo(pod);
    const { node } = scheduler.decide(info);
    if (node === undefined) continue;
    scheduler.cache.assume(info, node.name);
    if (random.chance(0.1)) {
      // The apiserver refused, or the answer is lost: what was assumed is taken back.
      scheduler.cache.forget(info.uid);
      continue;
    }
    const bound = { ...pod, spec: { ...pod.spec, nodeName: node.name } } as Cached<Pod>;
    expect(wouldFit(store, pod, node.name, random), `seed ${seed} step ${step}: ${node.name}`).toBe(true);
    store.pods.set(info.uid, bound);
    unheard.push(bound);
    placed++;
  }
  for (const node of store.nodes.values()) {
    const on = [...store.pods.values()].filter(({ spec }) => spec?.nodeName === node.metadata.name).map(createPodInfo);
    const cpu = on.reduce((sum, { requests }) => sum + requests.milliCpu, 0);
    expect(cpu).toBeLessThanOrEqual(Number(node.status?.allocatable?.cpu) * 1_000);
    expect(on.length).toBeLessThanOrEqual(Number(node.status?.allocatable?.pods));
  }
  return placed;
}

describe('whatever the order of events, and however often the scheduler starts anew', () => {
  it.each(Array.from({ length: 25 }, (_, index) => index + 1))(
    'no required rule is broken and no node is overfull (seed %i)',
    (seed) => expect(run(seed)).toBeGreaterThan(3),
  );
});
