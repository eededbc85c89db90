import type { PodDisruptionBudget } from '@kubelab/api';
import { expect, it } from 'vitest';
import { makeNode, makePod, requesting } from '../simulation/objects.js';
import { createRandom, type Random } from '../simulation/random.js';
import { createSimulation, type Simulation } from '../simulation/simulation.js';
import { createPodInfo } from './pod-info.js';

type Pod = ReturnType<typeof makePod>;
type Node = ReturnType<typeof makeNode>;

const NODES = ['a', 'b', 'c', 'd'] as const;

const tolerations = [{ key: 't', operator: 'Exists' }];
const preemptors = [
  makePod('large', { ...requesting({ cpu: '3' }), priority: 10 }),
  makePod('tolerant', { ...requesting({ cpu: '3' }), priority: 10, tolerations }),
  makePod('modest', { ...requesting({ cpu: '2500m' }), priority: 5 }),
  makePod('like-large', { ...requesting({ cpu: '3' }), priority: 10 }),
];

/** A cluster that changes step by step, and can be built anew as it is. */
class ChangingCluster {
  readonly nodes = new Map<string, Node>();
  readonly pods = new Map<string, Pod>();
  readonly nominated = new Map<string, { readonly pod: Pod; readonly node: string }>();
  readonly #random: Random;
  readonly simulation = createSimulation({ random: () => 0 });
  #budget: PodDisruptionBudget | undefined;
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
    for (const name of NODES) this.#setNode(makeNode(name));
    for (let index = 0; index < 16; index++) this.#addPod();
  }

  change(): void {
    const random = this.#random;
    const victim = this.pods.size > 0 ? random.pick([...this.pods.values()]) : undefined;
    const changes = [
      () => this.#addPod(),
      () => victim && this.#removePod(victim),
      () => victim && this.#setPod({ ...victim, status: { ...victim.status, startTime: this.#time() } }),
      () => victim && this.#setPod({ ...victim, spec: { ...victim.spec, containers: [], priority: random.below(9) } }),
      () => this.#setNode(this.#randomNode()),
      () => this.#nominate(),
      () => this.#withdraw(),
      () => this.#setBudget(),
    ];
    random.pick(changes)();
  }

  /** Knows nothing of what was before. */
  anew(): Simulation {
    const fresh = createSimulation({ random: () => 0, objects: this.#budget ? [this.#budget] : [] });
    for (const node of this.nodes.values()) fresh.addNode(node);
    for (const pod of this.pods.values()) fresh.addPod(pod);
    for (const { pod, node } of this.nominated.values()) fresh.nominator.set(createPodInfo(pod), node);
    return fresh;
  }

  #time(): string {
    return new Date(Date.UTC(2026, 0, 1) + ++this.#count * 1000).toISOString();
  }

  #randomNode(): Node {
    const taints = this.#random.chance(0.3) ? [{ key: 't', effect: 'NoSchedule' }] : [];
    const cpu = String(3 + this.#random.below(3));
    return makeNode(this.#random.pick(NODES), { allocatable: { cpu, memory: '8Gi', pods: '20' }, spec: { taints } });
  }

  #setNode(node: Node): void {
    this.nodes.set(node.metadata.name, node);
    this.simulation.addNode(node);
  }

  #addPod(): void {
    const startTime = this.#time();
    const cpu = `${4 + this.#random.below(8)}00m`;
    const placed = { nodeName: this.#random.pick(NODES), priority: this.#random.below(9) };
    const labels = { labels: { app: this.#random.pick(['kept', 'free']) } };
    this.#setPod(makePod(`p${this.#count}`, { ...requesting({ cpu }), ...placed }, labels, { startTime }));
  }

  #setPod(pod: Pod): void {
    this.pods.set(pod.metadata.uid, pod);
    this.simulation.addPod(pod);
  }

  #removePod(pod: Pod): void {
    this.pods.delete(pod.metadata.uid);
    this.simulation.cache.removePod(pod.metadata.uid);
  }

  #nominate(): void {
    const other = makePod(`n${++this.#count}`, { ...requesting({ cpu: '2' }), priority: this.#random.pick([5, 50]) });
    const pod = this.#random.pick([other, ...preemptors]);
    const node = this.#random.pick(NODES);
    this.nominated.set(pod.metadata.uid, { pod, node });
    this.simulation.nominator.set(createPodInfo(pod), node);
  }

  #withdraw(): void {
    const [uid] = this.nominated.keys();
    if (uid === undefined) return;
    this.nominated.delete(uid);
    this.simulation.nominator.delete(uid);
  }

  #setBudget(): void {
    this.#budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'kept', namespace: 'default', uid: 'kept', resourceVersion: String(++this.#count) },
      spec: { selector: { matchLabels: { app: 'kept' } } },
      status: { disruptionsAllowed: this.#random.below(2), currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
    };
    this.simulation.setObjects([this.#budget]);
  }
}

async function reasoningOf(simulation: Simulation, pod: Pod): Promise<unknown> {
  const { cycle, node } = simulation.decide(pod);
  if (node) return node.name;
  const result = await simulation.profile.postFilter[0]?.postFilter?.(cycle.state, cycle.pod, cycle);
  return [result?.nominatedNode, result?.message, result?.reasoning];
}

it('what is remembered of nodes is what judging each anew comes to, whatever has changed since', async () => {
  let preemptions = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const cluster = new ChangingCluster(createRandom(seed));
    for (let step = 0; step < 40; step++) {
      cluster.change();
      for (const pod of preemptors) {
        const found = await reasoningOf(cluster.simulation, pod);
        expect(found, `seed ${seed}, step ${step}`).toEqual(await reasoningOf(cluster.anew(), pod));
        if (Array.isArray(found) && found[0]) preemptions++;
      }
    }
  }
  expect(preemptions).toBeGreaterThan(500);
});
