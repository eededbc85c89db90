import type { NodeSelectorTerm, PodSpec } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { makeNode, makePod } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';

const requiring = (...nodeSelectorTerms: NodeSelectorTerm[]): Partial<PodSpec> => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});

function chosen(spec: Partial<PodSpec>, nodes: ReturnType<typeof makeNode>[], configuration?: string): string {
  const simulation = createSimulation(configuration === undefined ? {} : { configuration });
  for (const node of nodes) simulation.addNode(node);
  const { cycle, node } = simulation.decide(makePod('p', spec));
  return node?.name ?? cycle.message;
}

describe('NodeAffinity', () => {
  it.each([
    ['In', ['a', 'b'], 'a', true],
    ['In', ['b'], 'a', false],
    ['In', ['b'], undefined, false],
    ['NotIn', ['b'], 'a', true],
    ['NotIn', ['b'], undefined, true],
    ['Exists', undefined, 'a', true],
    ['Exists', undefined, undefined, false],
    ['DoesNotExist', undefined, undefined, true],
    ['DoesNotExist', undefined, 'a', false],
    ['Gt', ['5'], '6', true],
    ['Gt', ['5'], '5', false],
    ['Lt', ['5'], '4', true],
    ['Lt', ['5'], 'x', false],
  ])('%s %j on %s: %s', (operator, values, label, expected) => {
    const term = { matchExpressions: [{ key: 'k', operator, ...(values ? { values } : {}) }] };
    const node = makeNode('a', label === undefined ? {} : { labels: { k: label } });
    expect(chosen(requiring(term), [node]) === 'a').toBe(expected);
  });

  const ssd = makeNode('b', { labels: { disk: 'ssd' } });
  const NO_MATCH = "node(s) didn't match Pod's node affinity/selector.";

  it('demands the node selector and any one of the terms', () => {
    const term = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] };
    expect(chosen({ nodeSelector: { disk: 'ssd' } }, [makeNode('a'), ssd])).toBe('b');
    expect(chosen({ nodeSelector: { disk: 'hdd' } }, [makeNode('a'), ssd])).toBe(
      `0/2 nodes are available: 2 ${NO_MATCH}`,
    );
    expect(chosen({ nodeSelector: { disk: 'hdd' }, ...requiring(term) }, [ssd])).toBe(
      `0/1 nodes are available: 1 ${NO_MATCH}`,
    );
    expect(chosen(requiring({ matchExpressions: [{ key: 'x', operator: 'Exists' }] }, term), [ssd])).toBe('b');
    expect(chosen(requiring({}), [ssd])).toBe(`0/1 nodes are available: 1 ${NO_MATCH}`);
  });

  it('asks only nodes that are named by metadata.name', () => {
    const named = (...values: string[]) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values }] });
    expect(chosen(requiring(named('b')), [makeNode('a'), ssd])).toBe('b');
    expect(chosen(requiring(named('c')), [makeNode('a'), ssd])).toBe(
      "0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    );
    const contradiction = { matchFields: [...named('a').matchFields, ...named('b').matchFields] };
    expect(chosen(requiring(contradiction), [makeNode('a')])).toBe(
      '0/1 nodes are available: pod affinity terms conflict.',
    );
  });

  it('adds what the configuration demands of all pods', () => {
    const configuration = `
profiles:
- pluginConfig:
  - name: NodeAffinity
    args:
      addedAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
          - matchExpressions: [{key: disk, operator: In, values: [ssd]}]`;
    expect(chosen({}, [makeNode('a'), ssd], configuration)).toBe('b');
    expect(chosen({}, [makeNode('a')], configuration)).toBe(
      "0/1 nodes are available: 1 node(s) didn't match scheduler-enforced node affinity.",
    );
  });

  it('scores by the weights of the preferred terms that match', () => {
    const simulation = createSimulation();
    for (const zone of ['z1', 'z2', 'z3']) simulation.addNode(makeNode(zone, { labels: { zone } }));
    const preferred = (weight: number, value: string) => ({
      weight,
      preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: [value] }] },
    });
    const affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preferred(5, 'z1'), preferred(2, 'z2')] },
    };
    const { cycle, node } = simulation.decide(makePod('p', { affinity }));
    const scores = cycle.scores.find(({ plugin }) => plugin.name === 'NodeAffinity');
    expect([...(scores?.raw ?? [])]).toEqual([5, 2, 0]);
    expect([...(scores?.normalized ?? [])]).toEqual([100, 40, 0]);
    expect(node?.name).toBe('z1');
  });
});
