import { describe, expect, it } from 'vitest';
import type { ReadonlyPod } from '../pod.js';
import { admitPod } from './admission.js';

function pod(requests: Record<string, string>, nodeSelector: Record<string, string> = {}): ReadonlyPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { nodeSelector, containers: [{ name: 'a', resources: { requests } }] },
  };
}

const node = { allocatable: { cpu: '2', memory: '1Gi', pods: '3' }, labels: { disk: 'fast' } };

describe('admitPod', () => {
  it.each([
    ['fits', pod({ cpu: '1500m' }), [pod({ cpu: '500m' })], undefined],
    ['asks for nothing', pod({}), [pod({ cpu: '2' })], undefined],
    ['is of this node', pod({}, { disk: 'fast' }), [], undefined],
    [
      'is too big',
      pod({ cpu: '1501m' }),
      [pod({ cpu: '500m' })],
      'OutOfcpu: cpu, requested: 1501, used: 500, capacity: 2000',
    ],
    [
      'wants what there is none of',
      pod({ 'gpu.example/x': '1' }),
      [],
      'OutOfgpu.example/x: gpu.example/x, requested: 1, used: 0, capacity: 0',
    ],
    ['is one too many', pod({}), [pod({}), pod({}), pod({})], 'OutOfpods: pods, requested: 1, used: 3, capacity: 3'],
    ['is of another node', pod({}, { disk: 'slow' }), [], 'NodeAffinity'],
  ])('one that %s', (_, wanted, others, expected) => {
    const failure = admitPod(wanted, others, node);
    if (expected === undefined) {
      expect(failure).toBeUndefined();
      return;
    }
    const [reason, detail] = expected.split(': ', 1).concat(expected.slice(expected.indexOf(': ') + 2));
    expect(failure?.reason).toBe(reason);
    expect(failure?.message).toContain(
      expected === 'NodeAffinity' ? "didn't match Pod's node affinity/selector" : detail,
    );
    expect(failure?.message).toMatch(/^Pod was rejected: /);
  });
});
