import type { Pod, ResourceQuota } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { lowers, usedOf } from './plan.js';

const PODS = { group: '', plural: 'pods' };

const pod = (cpu: string | undefined, rest: Partial<Pod> = {}): Pod => ({
  spec: { containers: [{ name: 'a', image: 'x', ...(cpu ? { resources: { requests: { cpu } } } : {}) }] },
  ...rest,
});

describe('what is used of a quota', () => {
  const quota = (hard: Record<string, string>, scopes?: string[]): ResourceQuota => ({
    spec: { hard, ...(scopes ? { scopes } : {}) },
  });

  test('is the sum over what is counted, and 0 for the rest', () => {
    const hard = { pods: '9', 'requests.cpu': '9', secrets: '9', 'count/deployments.apps': '9' };
    const counted = [
      { resource: PODS, objects: [pod('100m'), pod('1'), pod('1', { status: { phase: 'Succeeded' } })] },
      { resource: { group: 'apps', plural: 'deployments' }, objects: [{}, {}] },
      { resource: { group: '', plural: 'configmaps' }, objects: [{}] },
    ];
    expect(usedOf(quota(hard), counted, 0)).toEqual({
      pods: '2',
      'requests.cpu': '1100m',
      secrets: '0',
      'count/deployments.apps': '2',
    });
  });

  test('leaves out what is in other scopes', () => {
    const counted = [{ resource: PODS, objects: [pod('100m'), pod(undefined)] }];
    expect(usedOf(quota({ pods: '9' }, ['BestEffort']), counted, 0)).toEqual({ pods: '1' });
  });
});

test.each([
  [{ pods: '1' }, { pods: '2' }, true],
  [{ pods: '2' }, { pods: '2' }, false],
  [{ pods: '3', cpu: '500m' }, { pods: '2', cpu: '1' }, true],
  [{ pods: '3' }, {}, false],
])('%j lowers %j: %s', (used, before, expected) => expect(lowers(used as never, before as never)).toBe(expected));
