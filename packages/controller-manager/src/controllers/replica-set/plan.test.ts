import { describe, expect, test } from 'vitest';
import { ago, NOW_MS, type PodInput, pod, replicaSet } from '../../test-objects.js';
import { nextAvailableInMs, type Outcome, planReplicas, planStatus } from './plan.js';

const gone: PodInput = { metadata: { deletionTimestamp: ago(1), labels: { app: 'web' } } };
const pods = (count: number, input: PodInput = {}, prefix = 'p') =>
  Array.from({ length: count }, (_, index) => pod({ ...input, name: `${prefix}${String(index).padStart(3, '0')}` }));

describe('how many pods', () => {
  test.each([
    // wanted, active, terminating, failed, succeeded → create, delete
    [3, 0, 0, 0, 0, 3, 0],
    [3, 3, 0, 0, 0, 0, 0],
    [3, 1, 2, 0, 0, 2, 0],
    [3, 2, 0, 4, 0, 1, 0],
    [3, 2, 0, 0, 1, 1, 0],
    [3, 5, 2, 0, 0, 0, 2],
    [0, 4, 0, 0, 0, 0, 4],
    [0, 0, 4, 2, 0, 0, 0],
    [600, 0, 0, 0, 0, 500, 0],
    [0, 600, 0, 0, 0, 0, 500],
  ])(
    '%i wanted; %i active, %i terminating, %i failed, %i succeeded',
    (wanted, active, leaving, failed, done, create, remove) => {
      const all = [
        ...pods(active, { readyFor: 5 }),
        ...pods(leaving, gone, 'g'),
        ...pods(failed, { phase: 'Failed' }, 'f'),
        ...pods(done, { phase: 'Succeeded' }, 's'),
      ];
      const plan = planReplicas(replicaSet('rs', wanted), all, () => all, NOW_MS);
      expect([plan.create, plan.delete.length]).toEqual([create, remove]);
      for (const { metadata } of plan.delete) expect(metadata.name).toMatch(/^p/);
    },
  );

  test('chooses the cheapest, and asks for the siblings’ pods only then', () => {
    const all = [pod({ name: 'ready', readyFor: 9 }), pod({ name: 'unready' })];
    const never = () => {
      throw new Error('asked');
    };
    expect(planReplicas(replicaSet('rs', 1), all, () => all, NOW_MS).delete).toEqual([all[1]]);
    expect(planReplicas(replicaSet('rs', 2), all, never, NOW_MS).delete).toEqual([]);
    expect(planReplicas(replicaSet('rs', 0), all, never, NOW_MS).delete).toHaveLength(2);
  });
});

describe('the status', () => {
  const status = (all: ReturnType<typeof pod>[], outcome: Outcome = 'done', present = replicaSet('rs', 3)) =>
    planStatus(present, all, outcome, NOW_MS);

  test('counts pods that are there, ready, available, labelled, going', () => {
    const labelled = { labels: { app: 'web', extra: 'x' } };
    const all = [
      pod({ name: 'a', readyFor: 60 }),
      pod({ name: 'b', readyFor: 5, metadata: labelled }),
      pod({ name: 'c' }),
      pod({ name: 'd', metadata: { labels: { app: 'other' } } }),
      pod({ name: 'e', ...gone, readyFor: 60 }),
      pod({ name: 'f', phase: 'Failed' }),
      pod({ name: 'g', ...gone, phase: 'Failed' }),
    ];
    const present = replicaSet('rs', 3, { metadata: { generation: 4 } });
    const slow = { ...present, spec: { ...present.spec, minReadySeconds: 30 } } as typeof present;
    expect(planStatus(slow, all, 'done', NOW_MS)).toEqual({
      replicas: 4,
      fullyLabeledReplicas: 3,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 4,
    });
  });

  const before = (reason: string, message: string) => ({
    type: 'ReplicaFailure',
    status: 'True',
    reason,
    message,
    lastTransitionTime: ago(99),
  });
  const failed = (message: string): Outcome => ({ reason: 'FailedCreate', message });
  test.each([
    ['nothing', [], 'done', undefined],
    ['nothing while it waits', [], 'none', undefined],
    ['the failure', [], failed('a'), { ...before('FailedCreate', 'a'), lastTransitionTime: ago(0) }],
    ['the first of several', [before('FailedCreate', 'a')], failed('b'), before('FailedCreate', 'a')],
    [
      'another kind',
      [before('FailedDelete', 'a')],
      failed('b'),
      { ...before('FailedCreate', 'b'), lastTransitionTime: ago(0) },
    ],
    ['still the failure while it waits', [before('FailedCreate', 'a')], 'none', before('FailedCreate', 'a')],
    ['nothing after success', [before('FailedCreate', 'a')], 'done', undefined],
  ] as const)('tells of %s', (_, conditions, outcome, expected) => {
    const other = { type: 'Other', status: 'True' };
    const present = replicaSet('rs', 3, { status: { conditions: [other, ...conditions] } });
    const planned = status([], outcome, present).conditions ?? [];
    expect(planned.find(({ type }) => type === 'ReplicaFailure')).toEqual(expected);
    expect(planned).toContainEqual(other);
  });
});

describe('the next pod becomes available', () => {
  test.each<[string, number, PodInput[], number | undefined]>([
    ['never without minReadySeconds', 0, [{ readyFor: 1 }], undefined],
    ['never with none ready', 30, [{}], undefined],
    ['when the first has been ready for so long', 30, [{ readyFor: 10 }, { readyFor: 25 }, {}], 5_000],
    ['never, those that are already not counted', 30, [{ readyFor: 30 }, { readyFor: 90 }], undefined],
    ['never, those that go not counted', 30, [{ ...gone, readyFor: 10 }], undefined],
  ])('%s', (_, minReadySeconds, inputs, expected) => {
    expect(nextAvailableInMs(minReadySeconds, inputs.map(pod), NOW_MS)).toBe(expected);
  });
});
