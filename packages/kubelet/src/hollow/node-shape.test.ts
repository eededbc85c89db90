import { describe, expect, it } from 'vitest';
import { planNodes, pretendedMachine } from './node-shape.js';

const options = {
  nodes: 5,
  nodeNamePrefix: 'hollow-',
  labels: [] as string[],
  taints: [] as string[],
  zones: 2,
  podCidr: '100.64.0.0/10',
  pods: 110,
};

describe('hollow nodes', () => {
  it('are named in order and spread over zones', () => {
    const shapes = planNodes(options);
    expect(shapes.map(({ name }) => name)).toEqual(['hollow-1', 'hollow-2', 'hollow-3', 'hollow-4', 'hollow-5']);
    const zones = shapes.map(({ labels }) => labels['topology.kubernetes.io/zone']);
    expect(zones).toEqual(['zone-1', 'zone-2', 'zone-1', 'zone-2', 'zone-1']);
    expect(shapes[0]?.labels).toMatchObject({ 'kubelab.io/hollow': 'true', 'kubernetes.io/hostname': 'hollow-1' });
    expect(planNodes({ ...options, zones: 0 })[0]?.labels).not.toHaveProperty(['topology.kubernetes.io/zone']);
  });

  it('have ranges of their own, just large enough', () => {
    const ranges = planNodes(options).map(({ podCidr }) => podCidr);
    expect(ranges.slice(0, 3)).toEqual(['100.64.0.0/24', '100.64.1.0/24', '100.64.2.0/24']);
    expect(planNodes({ ...options, pods: 20 })[1]?.podCidr).toBe('100.64.0.64/26');
    expect(planNodes({ ...options, podCidr: '' })[0]?.podCidr).toBeUndefined();
    expect(() => planNodes({ ...options, podCidr: '10.0.0.0/22' })).toThrow('not enough addresses');
    expect(() => planNodes({ ...options, podCidr: 'here' })).toThrow(RangeError);
  });

  it('have the labels and taints that are asked for', () => {
    const [shape] = planNodes({
      ...options,
      labels: ['disk=ssd', 'gpu'],
      taints: ['load=yes:NoSchedule', 'x:NoExecute'],
    });
    expect(shape?.labels).toMatchObject({ disk: 'ssd', gpu: '' });
    expect(shape?.taints).toEqual([
      { key: 'load', value: 'yes', effect: 'NoSchedule' },
      { key: 'x', effect: 'NoExecute' },
    ]);
    expect(() => planNodes({ ...options, taints: ['x=y'] })).toThrow(RangeError);
    expect(() => planNodes({ ...options, taints: ['x=y:Never'] })).toThrow(RangeError);
  });

  it('are as large as it is said', () => {
    expect(pretendedMachine({ cpu: 16, memory: '64Gi' })).toMatchObject({ cpus: 16, memoryBytes: 64 * 2 ** 30 });
  });
});
