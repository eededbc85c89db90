import { describe, expect, it } from 'vitest';
import { makeNode, makePod, requesting } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';
import { DECISION_ANNOTATION, DecisionHistory, EXPLAIN_ANNOTATION } from './decision-history.js';

function simulate() {
  const simulation = createSimulation();
  simulation.addNode(makeNode('a'));
  simulation.addNode(makeNode('b', { labels: { disk: 'ssd' } }));
  simulation.addNode(makeNode('tainted', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } }));
  return simulation;
}

describe('DecisionHistory', () => {
  it('keeps what was decided as it was, whatever is decided after', () => {
    const simulation = simulate();
    const history = new DecisionHistory(10);
    simulation.addPod(makePod('x', { ...requesting({ cpu: '2' }), nodeName: 'a' }));
    const { cycle, node } = simulation.decide(makePod('p', requesting({ cpu: '1' })));
    history.record(cycle, { attempt: 1, node: node?.name ?? '' });
    for (let index = 0; index < 5; index++) {
      const other = simulation.decide(makePod(`o${index}`));
      history.record(other.cycle, { attempt: 1, node: 'a' });
    }
    const document = history.describe('p');
    expect(document).toMatchObject({
      pod: 'default/p',
      node: 'b',
      nodes: { total: 3, evaluated: 3, feasible: 2 },
      rejections: [
        {
          plugin: 'TaintToleration',
          reasons: ['node(s) had untolerated taint(s)'],
          count: 1,
          preemptible: false,
          nodes: ['tainted'],
        },
      ],
      ties: 1,
      wouldHelp: [],
    });
    const [first, second] = document?.scores ?? [];
    expect(first?.node).toBe('b');
    expect(first?.total).toBeGreaterThan(second?.total ?? 0);
    const sum = Object.values(first?.plugins ?? {}).reduce((total, { score, weight }) => total + score * weight, 0);
    expect(first?.total).toBe(sum);
    expect(Object.keys(document?.milliseconds ?? {})).toEqual(['PreFilter', 'Filter', 'PreScore', 'Score']);
  });

  it('says what would help a pod that fits nowhere, for each reason', () => {
    const simulation = simulate();
    const history = new DecisionHistory(10);
    simulation.addPod(makePod('x', { ...requesting({ cpu: '3500m' }), nodeName: 'b' }));
    const { cycle } = simulation.decide(makePod('p', { ...requesting({ cpu: '1' }), nodeSelector: { disk: 'ssd' } }));
    history.record(cycle, { attempt: 1, message: cycle.message });
    expect(history.describe('p')?.wouldHelp).toEqual(
      [
        'NodeAffinity: disk=ssd on a',
        'NodeResourcesFit: 500m of cpu more on b, which lacks least',
        'TaintToleration: tolerating k=v:NoSchedule (1 nodes)',
      ].sort((a, b) => document(a) - document(b)),
    );
    function document(line: string): number {
      return [...cycle.givenBy.values()].indexOf(line.split(':')[0] ?? '');
    }
  });

  it('remembers with a placement what preemption did for it', () => {
    const simulation = simulate();
    const history = new DecisionHistory(2);
    const { cycle } = simulation.decide(makePod('p'));
    const preemption = { node: 'a', candidates: [] };
    history.record(cycle, { attempt: 1, message: 'no', preemption });
    history.record(cycle, { attempt: 2, node: 'a' });
    expect(history.describe('p')).toMatchObject({ attempt: 2, node: 'a', preemption });
  });

  it('forgets the oldest, keeps one place for a pod, and nothing when off unless a pod asks', () => {
    const simulation = simulate();
    const history = new DecisionHistory(2);
    const decide = (name: string, into: DecisionHistory, annotations = {}) => {
      const { cycle } = simulation.decide(makePod(name, {}, { annotations }));
      into.record(cycle, { attempt: 1, node: 'a' });
      return cycle.pod;
    };
    for (const name of ['p', 'q', 'q', 'r']) decide(name, history);
    expect(['p', 'q', 'r'].map((uid) => history.describe(uid) !== undefined)).toEqual([false, true, true]);
    const off = new DecisionHistory(0);
    expect(off.annotationsFor(decide('p', off))).toBeUndefined();
    expect(off.describe('p')).toBeUndefined();
    const asked = off.annotationsFor(decide('s', off, { [EXPLAIN_ANNOTATION]: 'true' }));
    expect(JSON.parse(asked?.[DECISION_ANNOTATION] ?? '')).toMatchObject({ pod: 'default/s', request: 'true' });
  });
});
