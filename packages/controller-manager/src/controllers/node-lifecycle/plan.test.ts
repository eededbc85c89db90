import type { NodeCondition, Taint, Toleration } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { ago, NOW_MS, node, pod } from '../../test-objects.js';
import { beginsEviction, type Eviction, evictionTimeMs, planSilentConditions, planTaints } from './plan.js';

const K = 'node.kubernetes.io/';
const taint = (text: string): Taint => {
  const [key = '', effect = ''] = text.split(':');
  return { key: key.startsWith('mine') ? key : `${K}${key}`, effect, timeAdded: ago(50) };
};
const texts = (taints: readonly Taint[] | undefined) =>
  taints?.map(({ key, effect }) => `${key.replace(K, '')}:${effect}`).sort();
const withConditions = (...conditions: NodeCondition[]) => {
  const bare = node('n1');
  return { ...bare, status: { conditions } };
};

describe('the conditions of a silent node', () => {
  test('are all unknown, with the times that the kubelet gave', () => {
    const silent = withConditions(
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        lastHeartbeatTime: ago(60),
        lastTransitionTime: ago(900),
      },
      { type: 'DiskPressure', status: 'Unknown', reason: 'x', lastHeartbeatTime: ago(70), lastTransitionTime: ago(80) },
      { type: 'NetworkUnavailable', status: 'False' },
    );
    const posted = (type: string, lastHeartbeatTime: string) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastHeartbeatTime,
      lastTransitionTime: ago(0),
    });
    const never = (type: string) => ({
      ...posted(type, ago(3_600)),
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
    });
    expect(planSilentConditions(silent, NOW_MS)).toEqual([
      { type: 'NetworkUnavailable', status: 'False' },
      posted('Ready', ago(60)),
      never('MemoryPressure'),
      silent.status.conditions[1],
      never('PIDPressure'),
    ]);
  });

  test('are written once', () => {
    const first = planSilentConditions(node('n1', 'True'), NOW_MS) ?? [];
    expect(planSilentConditions(withConditions(...first), NOW_MS + 60_000)).toBeUndefined();
  });
});

describe('taints', () => {
  interface Case {
    readonly ready?: string;
    readonly conditions?: Record<string, string>;
    readonly present?: string[];
    readonly unschedulable?: boolean;
    readonly eviction?: Eviction;
    readonly expected: string[] | undefined;
  }
  test.each<[string, Case]>([
    ['a ready node has none', { ready: 'True', expected: undefined }],
    ['a node that is not ready', { ready: 'False', expected: ['not-ready:NoExecute', 'not-ready:NoSchedule'] }],
    ['a silent node', { ready: 'Unknown', expected: ['unreachable:NoExecute', 'unreachable:NoSchedule'] }],
    [
      'a silent node whose turn has not come',
      { ready: 'Unknown', eviction: 'keep', expected: ['unreachable:NoSchedule'] },
    ],
    [
      'a silent node that is evicted already',
      {
        ready: 'Unknown',
        eviction: 'keep',
        present: ['unreachable:NoSchedule', 'unreachable:NoExecute'],
        expected: undefined,
      },
    ],
    [
      'from not ready to silent, at once',
      {
        ready: 'Unknown',
        eviction: 'keep',
        present: ['not-ready:NoSchedule', 'not-ready:NoExecute'],
        expected: ['unreachable:NoExecute', 'unreachable:NoSchedule'],
      },
    ],
    [
      'no node is ready: nothing is evicted',
      {
        ready: 'Unknown',
        eviction: 'remove',
        present: ['unreachable:NoSchedule', 'unreachable:NoExecute'],
        expected: ['unreachable:NoSchedule'],
      },
    ],
    [
      'a node that is back',
      {
        ready: 'True',
        present: ['unreachable:NoSchedule', 'unreachable:NoExecute', 'mine:NoExecute'],
        expected: ['mine:NoExecute'],
      },
    ],
    [
      'one that has said nothing yet keeps what it came with',
      { present: ['not-ready:NoSchedule'], expected: undefined },
    ],
    ['and gets nothing', { expected: undefined }],
    [
      'pressure',
      {
        ready: 'True',
        conditions: { MemoryPressure: 'True', DiskPressure: 'True', PIDPressure: 'True', NetworkUnavailable: 'True' },
        expected: [
          'disk-pressure:NoSchedule',
          'memory-pressure:NoSchedule',
          'network-unavailable:NoSchedule',
          'pid-pressure:NoSchedule',
        ],
      },
    ],
    [
      'pressure that is over',
      { ready: 'True', conditions: { DiskPressure: 'False' }, present: ['disk-pressure:NoSchedule'], expected: [] },
    ],
    ['pressure that nobody knows of', { ready: 'True', conditions: { DiskPressure: 'Unknown' }, expected: undefined }],
    ['cordoned', { ready: 'True', unschedulable: true, expected: ['unschedulable:NoSchedule'] }],
    ['uncordoned', { ready: 'True', present: ['unschedulable:NoSchedule'], expected: [] }],
    [
      'those of others stay',
      {
        ready: 'True',
        present: ['mine:NoSchedule', 'out-of-service:NoExecute', 'unschedulable:NoExecute'],
        expected: undefined,
      },
    ],
    ['all right', { ready: 'False', present: ['not-ready:NoSchedule', 'not-ready:NoExecute'], expected: undefined }],
  ])('%s', (_, { ready, conditions = {}, present = [], unschedulable, eviction = 'add', expected }) => {
    const base = node('n1', ready, {
      spec: { taints: present.map(taint), ...(unschedulable ? { unschedulable } : {}) },
    });
    const others = Object.entries(conditions).map(([type, status]) => ({ type, status }));
    const subject = { ...base, status: { conditions: [...(base.status?.conditions ?? []), ...others] } };
    const planned = planTaints(subject, eviction, NOW_MS);
    expect(texts(planned)).toEqual(expected);
    for (const each of planned ?? [])
      expect(each.timeAdded).toBe(present.includes(texts([each])?.[0] ?? '') ? ago(50) : ago(0));
  });

  test('begin an eviction, or go on with one', () => {
    const fresh = node('n1', 'Unknown');
    const evicted = node('n1', 'Unknown', { spec: { taints: [taint('not-ready:NoExecute')] } });
    const taints = [taint('unreachable:NoExecute')];
    expect(beginsEviction(fresh, taints)).toBe(true);
    expect(beginsEviction(evicted, taints)).toBe(false);
    expect(beginsEviction(fresh, [taint('unreachable:NoSchedule'), taint('mine:NoExecute')])).toBe(false);
    expect(beginsEviction(fresh, [])).toBe(false);
  });
});

describe('the time of an eviction', () => {
  const unreachable = (seconds = 50): Taint => ({ ...taint('unreachable:NoExecute'), timeAdded: ago(seconds) });
  const tolerate = (tolerationSeconds?: number, rest: Partial<Toleration> = {}): Toleration => ({
    key: `${K}unreachable`,
    operator: 'Exists',
    effect: 'NoExecute',
    ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
    ...rest,
  });
  test.each<[string, Toleration[], Taint[], number | undefined]>([
    ['never without a taint', [], [], undefined],
    ['never for NoSchedule', [], [taint('unreachable:NoSchedule'), taint('mine:PreferNoSchedule')], undefined],
    ['at once without a toleration', [], [unreachable()], 0],
    ['at once where another taint is tolerated', [tolerate(300, { key: 'other' })], [unreachable()], 0],
    ['at once where another effect is', [tolerate(300, { effect: 'NoSchedule' })], [unreachable()], 0],
    ['at once where another value is', [tolerate(300, { operator: 'Equal', value: 'x' })], [unreachable()], 0],
    ['300 s after the taint', [tolerate(300)], [unreachable(50)], NOW_MS + 250_000],
    ['with no effect named', [tolerate(300, { effect: '' })], [unreachable(50)], NOW_MS + 250_000],
    [
      'with the value that it has',
      [tolerate(60, { operator: 'Equal', value: 'v' })],
      [{ ...unreachable(0), value: 'v' }],
      NOW_MS + 60_000,
    ],
    ['with the operator left out', [tolerate(60, { operator: undefined })], [unreachable(0)], NOW_MS + 60_000],
    ['never where it is tolerated for good', [tolerate()], [unreachable()], undefined],
    ['never where all is tolerated', [{ operator: 'Exists' }], [unreachable(), taint('mine:NoExecute')], undefined],
    ['at once where nothing is tolerated by an empty key', [{ operator: 'Equal' }], [unreachable()], 0],
    ['after the shortest', [tolerate(300), tolerate(60, { effect: '' })], [unreachable(50)], NOW_MS + 10_000],
    [
      'after the first of two taints',
      [tolerate(300), tolerate(10, { key: 'mine' })],
      [unreachable(50), { ...taint('mine:NoExecute'), timeAdded: ago(0) }],
      NOW_MS + 10_000,
    ],
    ['at once where one of two is not tolerated', [tolerate(300)], [unreachable(), taint('mine:NoExecute')], 0],
    ['as soon as the taint is there', [tolerate(0)], [unreachable(50)], NOW_MS - 50_000],
    ['the same for less than nothing', [tolerate(-5)], [unreachable(50)], NOW_MS - 50_000],
  ])('%s', (_, tolerations, taints, expected) => {
    expect(evictionTimeMs(pod({ spec: { tolerations } }), taints)).toBe(expected);
  });
});
