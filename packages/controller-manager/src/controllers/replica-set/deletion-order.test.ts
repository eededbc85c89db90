import { describe, expect, test } from 'vitest';
import { ago, NOW_MS, type PodInput, pod } from '../../test-objects.js';
import { sortForDeletion } from './deletion-order.js';

const cost = (value: string) => ({ annotations: { 'controller.kubernetes.io/pod-deletion-cost': value } });
const born = (seconds: number) => ({ creationTimestamp: ago(seconds) });
const order = (pods: PodInput[], related: PodInput[] = pods) =>
  sortForDeletion(pods.map(pod), related.map(pod), NOW_MS).map(({ metadata }) => metadata.name);

describe('those go first', () => {
  // Each pair alone decides, though everything that counts less says the opposite.
  const precious: PodInput = { readyFor: 5_000, metadata: { ...cost('9'), ...born(9_000) } };
  test.each<[string, PodInput, PodInput]>([
    ['without a node', { ...precious, spec: { nodeName: undefined } }, { phase: 'Pending' }],
    ['pending before unknown', { phase: 'Pending', metadata: cost('9') }, { phase: 'Unknown' }],
    ['unknown before running', { ...precious, phase: 'Unknown' }, { phase: 'Running', readyFor: 1 }],
    ['not ready', { metadata: { ...cost('9'), ...born(9_000) } }, { readyFor: 1, metadata: born(1) }],
    ['of the lower cost', { readyFor: 9_000, metadata: cost('-5') }, { readyFor: 1, metadata: cost('3'), restarts: 9 }],
    ['with a cost below none', { readyFor: 9_000, metadata: cost('-1') }, { readyFor: 1 }],
    ['ready for less long', { readyFor: 10, metadata: born(9_000) }, { readyFor: 5_000, restarts: 9 }],
    ['with more restarts', { readyFor: 10, restarts: 2, metadata: born(9_000) }, { readyFor: 10, metadata: born(10) }],
    ['younger', { readyFor: 10, metadata: born(20) }, { readyFor: 10, metadata: born(9_000) }],
    ['with the smaller uid, all else being the same', { readyFor: 10 }, { readyFor: 10 }],
  ])('%s', (_, first, second) => {
    const [a, b] = [
      { ...first, name: 'a' },
      { ...second, name: 'b' },
    ];
    expect(order([a, b])).toEqual(['a', 'b']);
    expect(order([b, a])).toEqual(['a', 'b']);
  });

  test.each(['x', '1.5', '+3', '007', '99999999999', ''])('a cost of %j is none', (text) => {
    expect(
      order([
        { name: 'b', readyFor: 1, metadata: cost(text) },
        { name: 'a', readyFor: 1 },
      ]),
    ).toEqual(['a', 'b']);
  });

  test('on nodes that have more of them, those of sibling ReplicaSets counted', () => {
    const on = (nodeName: string, name: string): PodInput => ({ name, readyFor: 10, spec: { nodeName } });
    const own = [on('n1', 'a'), on('n2', 'b')];
    expect(order(own, [...own, on('n2', 'c'), on('n2', 'd')])).toEqual(['b', 'a']);
    expect(order([...own, on('n2', 'c')])).toEqual(['b', 'c', 'a']);
  });

  test('ages of one order of magnitude count as the same', () => {
    const aged = (name: string, seconds: number): PodInput => ({ name, readyFor: 1, metadata: born(seconds) });
    expect(order([aged('b', 4_000), aged('a', 4_200)])).toEqual(['a', 'b']);
    expect(order([aged('b', 4_000), aged('a', 40_000)])).toEqual(['b', 'a']);
  });
});
