import type { KubernetesObject } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { cached } from '../../test-objects.js';
import {
  blockingDependents,
  type CollectionStep,
  FOREGROUND,
  isFinalizing,
  ORPHAN,
  type OwnerState,
  planCollection,
} from './plan.js';

const GOING = '2030-01-01T00:00:00Z';
const object = (metadata: KubernetesObject['metadata'] = {}) => cached<KubernetesObject>('ConfigMap', { metadata });
const owner = (uid: string, state: OwnerState, blockOwnerDeletion?: boolean) => ({
  state,
  reference: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: uid,
    uid,
    ...(blockOwnerDeletion ? { blockOwnerDeletion } : {}),
  },
});
const remove = (propagationPolicy: 'Background' | 'Foreground' | 'Orphan', unblock: string[] = []): CollectionStep => ({
  do: 'delete',
  propagationPolicy,
  unblock,
});
const nothing: CollectionStep = { do: 'nothing' };
const finalizing = (finalizer: string) => object({ finalizers: [finalizer], deletionTimestamp: GOING });

describe('an object’s owners', () => {
  test.each<[string, [string, OwnerState][], string[], 'dependents' | 'none', CollectionStep]>([
    ['none', [], [], 'none', nothing],
    ['one there', [['a', 'solid']], [], 'none', nothing],
    [
      'two there',
      [
        ['a', 'solid'],
        ['b', 'solid'],
      ],
      [],
      'dependents',
      nothing,
    ],
    ['one gone', [['a', 'absent']], [], 'none', remove('Background')],
    ['one gone, with dependents', [['a', 'absent']], [], 'dependents', remove('Background')],
    [
      'both gone',
      [
        ['a', 'absent'],
        ['b', 'absent'],
      ],
      [],
      'none',
      remove('Background'),
    ],
    [
      'one gone, one there',
      [
        ['a', 'absent'],
        ['b', 'solid'],
      ],
      [],
      'none',
      { do: 'dropOwners', uids: ['a'] },
    ],
    [
      'one waiting, one there',
      [
        ['a', 'waiting'],
        ['b', 'solid'],
      ],
      [],
      'none',
      { do: 'dropOwners', uids: ['a'] },
    ],
    [
      'all but one going',
      [
        ['a', 'absent'],
        ['b', 'waiting'],
        ['c', 'solid'],
      ],
      [],
      'dependents',
      { do: 'dropOwners', uids: ['a', 'b'] },
    ],
    ['one waiting', [['a', 'waiting']], [], 'none', remove('Background')],
    ['one waiting, with dependents', [['a', 'waiting']], [], 'dependents', remove('Foreground')],
    [
      'one waiting, one gone, with dependents',
      [
        ['a', 'waiting'],
        ['b', 'absent'],
      ],
      [],
      'dependents',
      remove('Foreground'),
    ],
    ['one gone, to be orphaned from', [['a', 'absent']], [ORPHAN], 'dependents', remove('Orphan')],
    ['one gone, to wait itself', [['a', 'absent']], [FOREGROUND], 'dependents', remove('Foreground')],
    ['one gone, others’ finalizers', [['a', 'absent']], ['example.com/x'], 'none', remove('Background')],
  ])('%s', (_, owners, finalizers, dependents, expected) => {
    const some = dependents === 'dependents' ? [object({ name: 'd' })] : [];
    const states = owners.map(([uid, state]) => owner(uid, state));
    expect(planCollection(object({ finalizers }), states, some)).toEqual(expected);
    expect(planCollection(object({ finalizers, deletionTimestamp: GOING }), states, some)).toEqual(nothing);
  });

  test('that wait for it are told not to, where the waiting may go round in a circle', () => {
    const owners = [owner('a', 'waiting', true), owner('b', 'waiting')];
    expect(planCollection(object(), owners, [finalizing(FOREGROUND)])).toEqual(remove('Foreground', ['a']));
    expect(planCollection(object(), owners, [finalizing(ORPHAN)])).toEqual(remove('Foreground'));
    expect(planCollection(object(), [owner('b', 'waiting')], [finalizing(FOREGROUND)])).toEqual(remove('Foreground'));
  });
});

test('an owner waits for those dependents only that block it', () => {
  const of = (name: string, uid: string, blockOwnerDeletion?: boolean) =>
    object({ name, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid, blockOwnerDeletion }] });
  const dependents = [of('a', 'uid-o', true), of('b', 'uid-o', false), of('c', 'uid-o'), of('d', 'uid-x', true)];
  expect(blockingDependents(object({ name: 'o' }), dependents)).toEqual([dependents[0]]);
});

test('an object is finalizing while it goes and the finalizer is there', () => {
  expect(isFinalizing(finalizing(FOREGROUND), FOREGROUND)).toBe(true);
  expect(isFinalizing(finalizing(FOREGROUND), ORPHAN)).toBe(false);
  expect(isFinalizing(object({ finalizers: [FOREGROUND] }), FOREGROUND)).toBe(false);
  expect(isFinalizing(object({ deletionTimestamp: GOING }), FOREGROUND)).toBe(false);
});
