import { describe, expect, it } from 'vitest';
import type { Container, Pod, PodSpec } from '../generated/types.js';
import { controllerOf, isControlledBy, newControllerReference } from './owner.js';
import { podLimits, podRequestAmounts, podRequests, qosClass } from './pod-resources.js';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal } from './pod-status.js';

function container(name: string, requests: Record<string, string>, more: Partial<Container> = {}): Container {
  return { name, resources: { requests }, ...more };
}

function podOf(spec: Partial<PodSpec>): Pod {
  return { metadata: { name: 'a' }, spec: { containers: [], ...spec } };
}

describe('podRequests', () => {
  it.each<[string, Partial<PodSpec>, Record<string, string>]>([
    ['no requests', { containers: [{ name: 'a' }] }, {}],
    [
      'the sum of containers',
      { containers: [container('a', { cpu: '100m', memory: '64Mi' }), container('b', { cpu: '1' })] },
      { cpu: '1100m', memory: '64Mi' },
    ],
    [
      'the largest init container',
      {
        containers: [container('a', { cpu: '100m' })],
        initContainers: [container('i', { cpu: '2' }), container('j', { cpu: '1' })],
      },
      { cpu: '2' },
    ],
    [
      'a sidecar beside what follows it, not what precedes it',
      {
        containers: [container('a', { cpu: '100m' })],
        initContainers: [
          container('i', { cpu: '1' }),
          container('s', { cpu: '500m' }, { restartPolicy: 'Always' }),
          container('j', { cpu: '700m' }),
        ],
      },
      { cpu: '1200m' },
    ],
    [
      'overhead',
      { containers: [container('a', { cpu: '1' })], overhead: { cpu: '250m', memory: '1Mi' } },
      { cpu: '1250m', memory: '1Mi' },
    ],
    [
      'the whole pod',
      { containers: [container('a', { cpu: '1', 'x.io/y': '2' })], resources: { requests: { cpu: '3' } } },
      { cpu: '3', 'x.io/y': '2' },
    ],
  ])('%s', (_, spec, expected) => {
    expect(podRequests(podOf(spec))).toEqual(expected);
  });

  it('gives numbers and limits', () => {
    const pod = podOf({
      containers: [{ name: 'a', resources: { requests: { cpu: '1500m', memory: '1Ki' }, limits: { cpu: '2' } } }],
      overhead: { cpu: '1', memory: '1' },
    });
    expect(podRequestAmounts(pod)).toEqual({ cpu: 2500, memory: 1025 });
    expect(podLimits(pod)).toEqual({ cpu: '3' });
  });
});

describe('qosClass', () => {
  const both = { cpu: '1', memory: '1Gi' };
  it.each<[string, Partial<PodSpec>, string]>([
    ['none', { containers: [{ name: 'a' }] }, 'BestEffort'],
    ['zero', { containers: [container('a', { cpu: '0' })] }, 'BestEffort'],
    ['requests only', { containers: [container('a', both)] }, 'Burstable'],
    [
      'equal',
      { containers: [{ name: 'a', resources: { requests: { cpu: '1000m', memory: '1024Mi' }, limits: both } }] },
      'Guaranteed',
    ],
    [
      'one of two',
      { containers: [{ name: 'a', resources: { requests: both, limits: both } }, { name: 'b' }] },
      'Burstable',
    ],
    ['no memory', { containers: [{ name: 'a', resources: { limits: { cpu: '1' } } }] }, 'Burstable'],
    ['whole pod', { containers: [{ name: 'a' }], resources: { limits: both, requests: both } }, 'Guaranteed'],
  ])('%s: %s', (_, spec, expected) => {
    expect(qosClass(podOf(spec))).toBe(expected);
  });
});

describe('pod status', () => {
  const ready = (status: string, since?: string): Pod => ({
    status: { phase: 'Running', conditions: [{ type: 'Ready', status, lastTransitionTime: since }] },
  });

  it('reads readiness', () => {
    expect(isPodReady(ready('True'))).toBe(true);
    expect(isPodReady(ready('False'))).toBe(false);
    expect(isPodAvailable(ready('True', '2024-01-01T00:00:00Z'), 10, Date.parse('2024-01-01T00:00:09Z'))).toBe(false);
    expect(isPodAvailable(ready('True', '2024-01-01T00:00:00Z'), 10, Date.parse('2024-01-01T00:00:10Z'))).toBe(true);
    expect(isPodTerminal({ status: { phase: 'Failed' } })).toBe(true);
    expect(isPodActive({ metadata: { deletionTimestamp: 'x' }, status: { phase: 'Running' } })).toBe(false);
  });

  it('finds and makes controller references', () => {
    const owner = { metadata: { name: 'rs', uid: 'u1' } };
    const reference = newControllerReference(owner, { group: 'apps', version: 'v1', kind: 'ReplicaSet' });
    expect(reference).toEqual({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'rs',
      uid: 'u1',
      controller: true,
      blockOwnerDeletion: true,
    });
    const pod = { metadata: { ownerReferences: [{ ...reference, controller: false, uid: 'u0' }, reference] } };
    expect(controllerOf(pod)?.uid).toBe('u1');
    expect(isControlledBy(pod, owner)).toBe(true);
  });
});
