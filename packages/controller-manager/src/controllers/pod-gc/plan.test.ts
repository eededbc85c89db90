import { describe, expect, test } from 'vitest';
import { ago, type PodInput, pod } from '../../test-objects.js';
import { planPodGc } from './plan.js';

const going = { deletionTimestamp: ago(5) };
const unbound = { nodeName: undefined };
const plan = (inputs: PodInput[], terminatedThreshold = 0) =>
  planPodGc({
    pods: inputs.map(pod),
    isNodeGone: (name) => name === 'gone',
    isOutOfService: (name) => name === 'out',
    terminatedThreshold,
  }).map((doomed) => [doomed.pod.metadata.name, doomed.because]);

describe('pods that nobody else deletes', () => {
  test.each<[string, PodInput, string | undefined]>([
    ['a running one', {}, undefined],
    ['one that waits for a node', { spec: unbound, phase: 'Pending' }, undefined],
    ['one that goes, on its node', { metadata: going }, undefined],
    ['one that goes, and never had a node', { spec: unbound, metadata: going }, 'lost'],
    ['one of a node that is gone', { spec: { nodeName: 'gone' } }, 'node gone'],
    ['one of a node that is gone, going', { spec: { nodeName: 'gone' }, metadata: going }, 'node gone'],
    ['a finished one of a node that is gone', { spec: { nodeName: 'gone' }, phase: 'Succeeded' }, 'node gone'],
    ['one of a node out of service', { spec: { nodeName: 'out' } }, undefined],
    ['one of a node out of service, going', { spec: { nodeName: 'out' }, metadata: going }, 'lost'],
    ['a finished one', { phase: 'Succeeded' }, undefined],
  ])('%s', (_, input, because) => {
    expect(plan([input])).toEqual(because === undefined ? [] : [['p', because]]);
  });

  const old = (name: string, seconds: number, input: PodInput = {}): PodInput => ({
    phase: 'Succeeded',
    ...input,
    name,
    metadata: { creationTimestamp: ago(seconds) },
  });
  const finished = [old('b', 20), old('a', 30, { phase: 'Failed' }), old('c', 10), { name: 'running' }];
  test.each<[number, string[]]>([
    [0, []],
    [3, []],
    [2, ['a']],
    [1, ['a', 'b']],
  ])('with a threshold of %i, of the finished ones %j', (threshold, expected) => {
    expect(plan(finished, threshold)).toEqual(expected.map((name) => [name, 'surplus']));
  });
});
