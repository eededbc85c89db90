import type { Container, Pod } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import type { ReadonlyPod } from '../pod.js';
import { allocationBefore, haveSameResources, pendingResize, withAllocation } from './allocation.js';
import { planResize } from './plan-resize.js';

const MEBIBYTE = 1024 * 1024;
const SMALL = { requests: { cpu: '100m', memory: '32Mi' }, limits: { cpu: '200m', memory: '64Mi' } };
const LARGE = { requests: { cpu: '1', memory: '64Mi' }, limits: { cpu: '2', memory: '128Mi' } };

function pod(resources: Container['resources'], more: Partial<Pod> = {}, policy: Container['resizePolicy'] = []) {
  const container = { name: 'a', image: 'b', resizePolicy: policy, ...(resources ? { resources } : {}) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'd', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [container] },
    ...more,
  } as ReadonlyPod & { readonly spec: { readonly containers: [Container] } };
}

function room(cpu: string) {
  return { allocatable: { cpu, memory: '1Gi', pods: '10' }, labels: {} };
}

describe('what a pod has been given', () => {
  it('is what it runs with, whatever it asks for', () => {
    const given = withAllocation(pod(LARGE), pod(SMALL).spec);
    expect(given.spec?.containers[0]?.resources).toEqual(SMALL);
    const asked = pod(SMALL);
    expect(withAllocation(asked, pod(SMALL).spec)).toBe(asked);
    expect(withAllocation(pod(LARGE), pod(undefined).spec).spec?.containers[0]).not.toHaveProperty('resources');
  });

  it('is found again in its status', () => {
    const status = { name: 'a', resources: SMALL, allocatedResources: SMALL.requests };
    const known = { status: { containerStatuses: [status] } } as unknown as Partial<Pod>;
    expect(allocationBefore(pod(LARGE, known))?.containers[0]?.resources).toEqual(SMALL);
    const fresh = pod(LARGE);
    expect(allocationBefore(fresh)).toBe(fresh.spec);
  });

  it('changes with requests and limits', () => {
    expect(haveSameResources(pod(SMALL).spec, pod(SMALL).spec)).toBe(true);
    expect(haveSameResources(pod(SMALL).spec, pod({ ...SMALL, limits: LARGE.limits }).spec)).toBe(false);
    expect(haveSameResources(pod(SMALL).spec, pod(undefined).spec)).toBe(false);
  });
});

describe('a resize', () => {
  it.each([
    ['4', [], undefined],
    ['1', [pod(SMALL)], 'Deferred'],
    ['500m', [], 'Infeasible'],
  ])('on a node with %s cpus', (cpu, others, reason) => {
    expect(pendingResize(pod(LARGE), others, room(cpu))?.reason).toBe(reason);
  });

  it('says what is missing', () => {
    expect(pendingResize(pod(LARGE), [pod(SMALL)], room('1'))?.message).toBe(
      "Node didn't have enough resource: cpu, requested: 1000, used: 100, capacity: 1000",
    );
    expect(pendingResize(pod(LARGE), [], room('500m'))?.message).toBe(
      "Node didn't have enough capacity: cpu, requested: 1000, capacity: 500",
    );
  });
});

describe('planResize', () => {
  const has = { cpuShares: 102, cpuQuotaMicroseconds: 20_000, memoryBytes: 64 * MEBIBYTE };
  const running = { state: 'running', resources: has } as RuntimeContainer;
  const restartFor = (resourceName: string) => [{ resourceName, restartPolicy: 'RestartContainer' }];
  const plan = (of: ReturnType<typeof pod>, container = running) => planResize(of, of.spec.containers[0], container);

  it('leaves alone what is as it should be, what has ended and what is not limited', () => {
    expect(plan(pod(SMALL))).toBeUndefined();
    expect(plan(pod(LARGE), { ...running, state: 'exited' })).toBeUndefined();
    expect(plan(pod(LARGE), { state: 'running' } as RuntimeContainer)).toBeUndefined();
  });

  it('updates, or restarts where the policy of a changed resource says so', () => {
    expect(plan(pod(LARGE))).toMatchObject({
      resources: { cpuShares: 1024, cpuQuotaMicroseconds: 200_000, memoryBytes: 128 * MEBIBYTE },
    });
    expect(plan(pod(LARGE, {}, restartFor('memory')))).toBe('restart');
    const onlyCpu = { requests: { ...SMALL.requests, cpu: '150m' }, limits: SMALL.limits };
    expect(plan(pod(onlyCpu, {}, restartFor('cpu')))).toBe('restart');
    expect(plan(pod(onlyCpu, {}, restartFor('memory')))).toHaveProperty('container');
  });

  it('does not restart for a limit that the engine does not set', () => {
    const { memoryBytes: _none, ...rest } = has;
    const container = { state: 'running', resources: { ...rest, memoryBytes: undefined } } as RuntimeContainer;
    expect(plan(pod(SMALL, {}, restartFor('memory')), container)).toHaveProperty('container');
  });
});
