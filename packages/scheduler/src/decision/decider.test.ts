import { describe, expect, it } from 'vitest';
import { makeNode, makePod, requesting } from '../simulation/objects.js';
import { createSimulation, type SimulationOptions } from '../simulation/simulation.js';
import { feasibleNodesToFind } from './decider.js';

type Node = ReturnType<typeof makeNode>;
type Pod = ReturnType<typeof makePod>;

function simulate(nodes: Node[], placed: Pod[] = [], options: SimulationOptions = {}) {
  const simulation = createSimulation(options);
  for (const node of nodes) simulation.addNode(node);
  for (const pod of placed) simulation.addPod(pod);
  return simulation;
}

const taint = { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] } };

describe('a decision', () => {
  it.each<[string, Pod, Node[], Pod[], string]>([
    ['fits', makePod('p'), [makeNode('a')], [], 'a'],
    ['no nodes', makePod('p'), [], [], 'no nodes available to schedule pods'],
    [
      'several reasons, sorted',
      makePod('p', requesting({ cpu: '5' })),
      [makeNode('a', taint), makeNode('b'), makeNode('c', { spec: { unschedulable: true } })],
      [],
      '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ' +
        'preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    ],
    [
      'nodes that pods could leave, and have none of lower priority',
      makePod('p', requesting({ cpu: '3' })),
      [makeNode('a'), makeNode('b', taint)],
      [makePod('x', { ...requesting({ cpu: '2' }), nodeName: 'a' })],
      '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are ' +
        'available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
    ],
    [
      'refused before any node is asked about',
      makePod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }),
      [makeNode('a')],
      [],
      '0/1 nodes are available: persistentvolumeclaim "c" not found. ' +
        'preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ],
    ['the emptier node', makePod('p'), [makeNode('a'), makeNode('b')], [makePod('x', { nodeName: 'a' })], 'b'],
  ])('%s', async (_, pod, nodes, placed, expected) => {
    expect(await simulate(nodes, placed).outcome(pod)).toBe(expected);
  });

  it('names the plugins that may change their mind', () => {
    const { cycle } = simulate([makeNode('a'), makeNode('b', taint)]).decide(makePod('p', requesting({ cpu: '5' })));
    expect([...cycle.rejectedBy].sort()).toEqual(['NodeResourcesFit', 'TaintToleration']);
  });

  it('spreads ties over all nodes', () => {
    const simulation = simulate(
      ['a', 'b', 'c'].map((name) => makeNode(name)),
      [],
      { random: Math.random },
    );
    const chosen = Array.from({ length: 100 }, () => simulation.decide(makePod('p')).node?.name);
    expect(new Set(chosen)).toEqual(new Set(['a', 'b', 'c']));
    expect(simulation.decide(makePod('p')).cycle.ties).toBe(3);
  });

  it('looks on from where the last search ended, zone after zone', () => {
    const nodes = Array.from({ length: 300 }, (_, index) =>
      makeNode(`n${index}`, { labels: { 'topology.kubernetes.io/zone': index < 200 ? 'z1' : 'z2' } }),
    );
    const simulation = simulate(nodes, [], { configuration: 'percentageOfNodesToScore: 40' });
    const first = simulation.decide(makePod('p')).cycle;
    expect(first.feasible.slice(0, 4).map(({ name }) => name)).toEqual(['n0', 'n200', 'n1', 'n201']);
    expect(first.feasible).toHaveLength(120);
    expect(simulation.decide(makePod('p')).cycle.feasible[0]?.name).toBe('n60');
  });

  it('counts pods that are nominated for a node before one of no higher priority', () => {
    const simulation = simulate([makeNode('a')]);
    const nominated = simulation.decide(makePod('first', { ...requesting({ cpu: '3' }), priority: 10 })).cycle.pod;
    simulation.nominator.set(nominated, 'a');
    expect(simulation.decide(makePod('second', requesting({ cpu: '2' }))).node).toBeUndefined();
    expect(simulation.decide(makePod('third', { ...requesting({ cpu: '2' }), priority: 20 })).node?.name).toBe('a');
    expect(simulation.decide(nominated).node?.name).toBe('a');
  });

  it.each([
    [50, 0, 50],
    [500, 0, 230],
    [5_000, 0, 500],
    [10_000, 0, 500],
    [1_000, 30, 300],
    [200, 10, 100],
  ])('of %i nodes at %i %% looks for %i', (nodes, percentage, expected) => {
    expect(feasibleNodesToFind(nodes, percentage)).toBe(expected);
  });
});
