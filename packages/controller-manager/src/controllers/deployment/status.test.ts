import type { Deployment, DeploymentCondition, DeploymentStatus } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { describe, expect, test } from 'vitest';
import { ago, deployment, NOW_MS, replicaSet } from '../../test-objects.js';
import { isRolloutComplete, planStatus, type StatusInput } from './status.js';

const condition = (type: string, status: string, reason: string, seconds = 30): DeploymentCondition => ({
  type,
  status,
  reason,
  message: 'before',
  lastUpdateTime: ago(seconds),
  lastTransitionTime: ago(seconds),
});
const progressing = (reason: string, status = 'True', seconds = 30) =>
  condition('Progressing', status, reason, seconds);

function plan(present: Cached<Deployment>, input: Partial<StatusInput> = {}) {
  const { newest, all = newest ? [newest] : [] } = input;
  return planStatus({ ...input, deployment: present, newest, all, nowMs: NOW_MS });
}
const conditionOf = (status: DeploymentStatus, type: string) => status.conditions?.find((each) => each.type === type);

describe('the counts', () => {
  test('are those of all ReplicaSets, and of the newest', () => {
    const newest = replicaSet('new', 2, { available: 1, status: { replicas: 2, readyReplicas: 2 } });
    const old = replicaSet('old', 2, { available: 2, status: { replicas: 3, terminatingReplicas: 1 } });
    const present = deployment(3, { metadata: { generation: 7 } });
    expect(plan(present, { newest, all: [newest, old] }).status).toMatchObject({
      observedGeneration: 7,
      replicas: 5,
      updatedReplicas: 2,
      readyReplicas: 4,
      availableReplicas: 3,
      unavailableReplicas: 1,
      terminatingReplicas: 1,
    });
  });

  test('of collisions are kept, and written when there is one more', () => {
    const present = deployment(1, { status: { collisionCount: 2 } });
    expect(plan(present).status.collisionCount).toBe(2);
    expect(plan(present, { collisionCount: 3 }).status.collisionCount).toBe(3);
    expect(plan(deployment(1)).status).not.toHaveProperty('collisionCount');
  });
});

describe('Available', () => {
  test.each([
    // replicas, maxUnavailable, available → enough
    [3, 1, 3, true],
    [3, 1, 2, true],
    [3, 1, 1, false],
    [3, 0, 2, false],
    [4, '25%', 3, true],
    [3, '25%', 2, false],
    [0, 0, 0, true],
  ])('%i replicas, maxUnavailable %s, %i available: %s', (replicas, unavailable, available, enough) => {
    const { status } = plan(deployment(replicas, { unavailable }), { newest: replicaSet('new', 3, { available }) });
    expect(conditionOf(status, 'Available')).toMatchObject(
      enough
        ? { status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
        : {
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          },
    );
  });

  test('keeps its times while it stays, and takes new ones when it turns', () => {
    const conditions = [condition('Available', 'True', 'MinimumReplicasAvailable')];
    const present = deployment(1, { unavailable: 0, status: { conditions } });
    const stays = plan(present, { newest: replicaSet('new', 1) });
    expect(conditionOf(stays.status, 'Available')).toEqual(conditions[0]);
    const turns = plan(present, { newest: replicaSet('new', 1, { available: 0 }) });
    expect(conditionOf(turns.status, 'Available')).toMatchObject({
      status: 'False',
      lastTransitionTime: ago(0),
      lastUpdateTime: ago(0),
    });
  });
});

describe('Progressing', () => {
  const counts = (replicas: number, updated: number, available: number): DeploymentStatus => ({
    replicas,
    updatedReplicas: updated,
    readyReplicas: available,
    availableReplicas: available,
  });
  const created = { reason: 'NewReplicaSetCreated', name: 'new' } as const;
  const found = { reason: 'FoundNewReplicaSet', name: 'new' } as const;
  interface Case {
    readonly before?: DeploymentCondition;
    readonly counts?: DeploymentStatus;
    readonly spec?: Partial<NonNullable<Deployment['spec']>>;
    /** Size and available pods of the newest, of three; none where undefined. */
    readonly newest?: readonly [number, number];
    readonly old?: readonly [number, number];
    readonly input?: Partial<StatusInput>;
    readonly expected: [status: string, reason: string, message: string] | undefined;
    /** Seconds. */
    readonly again?: number;
  }
  const kept = (reason: string, status = 'True') => [status, reason, 'before'] as [string, string, string];
  const done: [string, string, string] = [
    'True',
    'NewReplicaSetAvailable',
    'ReplicaSet "new" has successfully progressed.',
  ];
  const moving: [string, string, string] = ['True', 'ReplicaSetUpdated', 'ReplicaSet "new" is progressing.'];
  const late: [string, string, string] = [
    'False',
    'ProgressDeadlineExceeded',
    'ReplicaSet "new" has timed out progressing.',
  ];
  const paused: [string, string, string] = ['Unknown', 'DeploymentPaused', 'Deployment is paused'];

  test.each<[string, Case]>([
    [
      'a new ReplicaSet',
      {
        newest: [1, 0],
        input: { found: created },
        counts: counts(1, 1, 0),
        expected: ['True', 'NewReplicaSetCreated', 'Created new replica set "new"'],
        again: 600,
      },
    ],
    [
      'a ReplicaSet that was there',
      {
        newest: [1, 0],
        input: { found },
        counts: counts(1, 1, 0),
        expected: ['True', 'FoundNewReplicaSet', 'Found new replica set "new"'],
        again: 600,
      },
    ],
    [
      'one found says nothing where something is said',
      {
        before: progressing('ReplicaSetUpdated'),
        newest: [1, 0],
        input: { found },
        counts: counts(1, 1, 0),
        expected: kept('ReplicaSetUpdated'),
        again: 570,
      },
    ],
    [
      'more updated',
      {
        before: progressing('NewReplicaSetCreated'),
        newest: [2, 0],
        counts: counts(1, 1, 0),
        expected: moving,
        again: 600,
      },
    ],
    [
      'more ready',
      {
        before: progressing('NewReplicaSetCreated'),
        newest: [2, 1],
        counts: counts(2, 2, 0),
        expected: moving,
        again: 600,
      },
    ],
    [
      'fewer old',
      {
        before: progressing('NewReplicaSetCreated'),
        newest: [2, 1],
        old: [1, 1],
        counts: counts(4, 2, 3),
        expected: moving,
        again: 600,
      },
    ],
    [
      'nothing new, in time',
      {
        before: progressing('ReplicaSetUpdated', 'True', 100),
        newest: [2, 1],
        counts: counts(2, 2, 1),
        expected: kept('ReplicaSetUpdated'),
        again: 500,
      },
    ],
    [
      'nothing new, a second before the end',
      {
        before: progressing('ReplicaSetUpdated', 'True', 599),
        newest: [2, 1],
        counts: counts(2, 2, 1),
        expected: kept('ReplicaSetUpdated'),
        again: 1,
      },
    ],
    [
      'nothing new, too late',
      {
        before: progressing('ReplicaSetUpdated', 'True', 600),
        newest: [2, 1],
        counts: counts(2, 2, 1),
        expected: late,
      },
    ],
    [
      'too late, and still nothing',
      {
        before: progressing('ProgressDeadlineExceeded', 'False', 900),
        newest: [2, 1],
        counts: counts(2, 2, 1),
        expected: kept('ProgressDeadlineExceeded', 'False'),
      },
    ],
    [
      'too late, and then it moves',
      {
        before: progressing('ProgressDeadlineExceeded', 'False', 900),
        newest: [2, 2],
        counts: counts(2, 2, 1),
        expected: moving,
        again: 600,
      },
    ],
    [
      'all there',
      { before: progressing('ReplicaSetUpdated'), newest: [3, 3], counts: counts(3, 3, 2), expected: done },
    ],
    [
      'all there, at last',
      {
        before: progressing('ProgressDeadlineExceeded', 'False'),
        newest: [3, 3],
        counts: counts(3, 3, 2),
        expected: done,
      },
    ],
    [
      'all there, and one old',
      {
        before: progressing('ReplicaSetUpdated'),
        newest: [3, 3],
        old: [1, 1],
        counts: counts(4, 3, 4),
        expected: kept('ReplicaSetUpdated'),
        again: 570,
      },
    ],
    [
      'a finished one that loses a pod',
      {
        before: progressing('NewReplicaSetAvailable', 'True', 5_000),
        newest: [3, 2],
        counts: counts(3, 3, 3),
        expected: kept('NewReplicaSetAvailable'),
      },
    ],
    [
      'a finished one whose pod comes back',
      {
        before: progressing('NewReplicaSetAvailable', 'True', 5_000),
        newest: [3, 3],
        counts: counts(3, 3, 2),
        expected: kept('NewReplicaSetAvailable'),
      },
    ],
    [
      'a finished one that is made larger',
      {
        before: progressing('NewReplicaSetAvailable', 'True', 5_000),
        newest: [2, 2],
        counts: counts(1, 1, 1),
        expected: kept('NewReplicaSetAvailable'),
      },
    ],
    [
      'a finished one with another template',
      {
        before: progressing('NewReplicaSetAvailable', 'True', 5_000),
        newest: [1, 0],
        old: [3, 3],
        input: { found: created },
        counts: counts(3, 3, 3),
        expected: ['True', 'NewReplicaSetCreated', 'Created new replica set "new"'],
        again: 600,
      },
    ],
    [
      'a finished one that goes back and waits',
      {
        before: progressing('NewReplicaSetAvailable', 'True', 5_000),
        newest: [0, 0],
        old: [3, 3],
        input: { found },
        counts: counts(3, 0, 3),
        expected: kept('NewReplicaSetAvailable'),
      },
    ],
    [
      'a finished one that goes back and moves',
      {
        before: progressing('NewReplicaSetAvailable', 'True', 5_000),
        newest: [1, 0],
        old: [3, 3],
        input: { found },
        counts: counts(3, 0, 3),
        expected: moving,
        again: 600,
      },
    ],
    [
      'no deadline',
      {
        before: progressing('ReplicaSetUpdated'),
        newest: [2, 1],
        spec: { progressDeadlineSeconds: 2 ** 31 - 1 },
        expected: undefined,
      },
    ],
    [
      'a deadline of its own',
      {
        before: progressing('ReplicaSetUpdated', 'True', 11),
        newest: [2, 1],
        counts: counts(2, 2, 1),
        spec: { progressDeadlineSeconds: 10 },
        expected: late,
      },
    ],
    ['paused', { before: progressing('ReplicaSetUpdated'), newest: [2, 1], spec: { paused: true }, expected: paused }],
    [
      'paused when finished',
      { before: progressing('NewReplicaSetAvailable'), newest: [3, 3], spec: { paused: true }, expected: paused },
    ],
    [
      'paused for long',
      {
        before: condition('Progressing', 'Unknown', 'DeploymentPaused', 9_000),
        newest: [2, 1],
        spec: { paused: true },
        expected: kept('DeploymentPaused', 'Unknown'),
      },
    ],
    [
      'paused when it was too late',
      {
        before: progressing('ProgressDeadlineExceeded', 'False'),
        newest: [2, 1],
        spec: { paused: true },
        expected: kept('ProgressDeadlineExceeded', 'False'),
      },
    ],
    [
      'resumed',
      {
        before: condition('Progressing', 'Unknown', 'DeploymentPaused', 9_000),
        newest: [2, 1],
        counts: counts(2, 2, 1),
        expected: ['Unknown', 'DeploymentResumed', 'Deployment is resumed'],
        again: 600,
      },
    ],
    [
      'resumed and all there',
      {
        before: condition('Progressing', 'Unknown', 'DeploymentPaused', 9_000),
        newest: [3, 3],
        counts: counts(3, 3, 3),
        expected: done,
      },
    ],
    [
      'what cannot be made',
      {
        before: progressing('NewReplicaSetAvailable'),
        input: { createError: 'Failed to create new replica set "new": no' },
        expected: ['False', 'ReplicaSetCreateError', 'Failed to create new replica set "new": no'],
      },
    ],
  ])('%s', (_, { before, counts: status = {}, spec, newest, old, input, expected, again }) => {
    const present = deployment(3, { spec, status: { ...status, conditions: before ? [before] : [] } });
    const made = newest && replicaSet('new', newest[0], { available: newest[1] });
    const sets = [...(made ? [made] : []), ...(old ? [replicaSet('old', old[0], { available: old[1] })] : [])];
    const planned = plan(present, { newest: made, all: sets, ...input });
    const after = conditionOf(planned.status, 'Progressing');
    expect(after && [after.status, after.reason, after.message]).toEqual(expected);
    expect(planned.requeueAfterMs).toBe(again === undefined ? undefined : again * 1_000);
    if (after?.message === 'before') expect(after).toEqual(before);
    else if (after) {
      expect(after.lastUpdateTime).toBe(ago(0));
      expect(after.lastTransitionTime).toBe(before?.status === after.status ? before.lastTransitionTime : ago(0));
    }
  });
});

describe('ReplicaFailure', () => {
  const failing = replicaSet('new', 1, {
    available: 0,
    status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' }] },
  });
  test('is that of a ReplicaSet, and goes with it', () => {
    const { status } = plan(deployment(1), { newest: failing });
    expect(conditionOf(status, 'ReplicaFailure')).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message: 'quota',
    });
    const later = plan(deployment(1, { status }), { newest: replicaSet('new', 1) });
    expect(conditionOf(later.status, 'ReplicaFailure')).toBeUndefined();
  });
});

test('a rollout is complete with all pods new, available, and no other', () => {
  const three = deployment(3);
  const newest = replicaSet('new', 3);
  expect(isRolloutComplete(three, newest, [newest])).toBe(true);
  expect(isRolloutComplete(three, newest, [newest, replicaSet('old', 0)])).toBe(true);
  expect(isRolloutComplete(three, newest, [newest, replicaSet('old', 1)])).toBe(false);
  const unavailable = replicaSet('new', 3, { available: 2 });
  expect(isRolloutComplete(three, unavailable, [unavailable])).toBe(false);
  expect(isRolloutComplete(three, undefined, [replicaSet('old', 3)])).toBe(false);
});
