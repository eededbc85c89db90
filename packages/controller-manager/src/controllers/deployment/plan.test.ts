import { describe, expect, test } from 'vitest';
import { deployment, type ReplicaSetInput, replicaSet } from '../../test-objects.js';
import {
  maxSurge,
  maxUnavailable,
  newReplicaSetSize,
  planCleanup,
  planNewReplicaSet,
  planOldReplicaSets,
  planScaling,
  type ScaleStep,
} from './plan.js';
import { revisionOf } from './replica-set-annotations.js';

const sizes = (steps: readonly ScaleStep[]) =>
  Object.fromEntries(steps.map(({ replicaSet: { metadata }, replicas }) => [metadata.name, replicas]));
const recreate = { spec: { strategy: { type: 'Recreate' } } };

describe('the bounds of a rolling update', () => {
  test.each([
    // replicas, maxSurge, maxUnavailable → pods above, pods missing
    [3, '25%', '25%', 1, 0],
    [4, '25%', '25%', 1, 1],
    [10, '25%', '25%', 3, 2],
    [10, '30%', '30%', 3, 3],
    [1, '25%', '25%', 1, 0],
    [0, '25%', '25%', 0, 0],
    [10, 0, 2, 0, 2],
    [10, 2, 0, 2, 0],
    [10, '0%', '5%', 0, 1],
    [10, 0, 0, 0, 1],
    [3, 5, 7, 5, 3],
    [10, '200%', '100%', 20, 10],
  ])('%i replicas, maxSurge %s, maxUnavailable %s', (replicas, surge, unavailable, above, missing) => {
    const rolling = deployment(replicas, { surge, unavailable });
    expect([maxSurge(rolling), maxUnavailable(rolling)]).toEqual([above, missing]);
  });

  test('are 25 % where none are named, and nothing for Recreate', () => {
    const unnamed = deployment(8, { spec: { strategy: { type: 'RollingUpdate' } } });
    expect([maxSurge(unnamed), maxUnavailable(unnamed)]).toEqual([2, 2]);
    expect([maxSurge(deployment(8, recreate)), maxUnavailable(deployment(8, recreate))]).toEqual([0, 0]);
  });
});

describe('the newest ReplicaSet grows', () => {
  test.each([
    // replicas, surge, old size, new size → its next size
    [10, 2, 10, 0, 2],
    [10, 2, 8, 2, 4],
    [10, 2, 10, 2, undefined],
    [10, 2, 0, 9, 10],
    [10, 2, 0, 10, undefined],
    [10, 0, 10, 0, undefined],
    [10, 0, 9, 0, 1],
    [10, '30%', 10, 0, 3],
    [3, '25%', 3, 0, 1],
    [2, 5, 2, 0, 2],
    [5, 1, 9, 0, undefined],
    [3, 1, 0, 5, 3],
    [0, 1, 0, 4, 0],
  ])('%i replicas, maxSurge %s: old %i, new %i → %s', (replicas, surge, oldSize, newSize, next) => {
    const newest = replicaSet('new', newSize);
    const step = planNewReplicaSet(deployment(replicas, { surge }), newest, [replicaSet('old', oldSize), newest]);
    expect(step?.replicas).toBe(next);
  });

  test('waits for pods that are to go and are still there', () => {
    const newest = replicaSet('new', 0);
    const shrinking = replicaSet('old', 7, { status: { replicas: 10 } });
    expect(planNewReplicaSet(deployment(10, { surge: 0 }), newest, [shrinking, newest])).toBeUndefined();
    const partly = replicaSet('old', 7, { status: { replicas: 9 } });
    expect(planNewReplicaSet(deployment(10, { surge: 0 }), newest, [partly, newest])?.replicas).toBe(1);
  });

  test('is made at its full size for Recreate, and as far as there is room otherwise', () => {
    const old = [replicaSet('old', 3)];
    expect(newReplicaSetSize(deployment(3, recreate), old, 0)).toBe(3);
    expect(newReplicaSetSize(deployment(3, { surge: 1 }), old, 0)).toBe(1);
    expect(newReplicaSetSize(deployment(3, { surge: 1 }), [], 0)).toBe(3);
    expect(newReplicaSetSize(deployment(3, { surge: 0 }), old, 0)).toBe(0);
  });
});

describe('old ReplicaSets shrink', () => {
  type Old = readonly [name: string, size: number, available: number];
  const make = ([name, size, available]: Old, index: number) =>
    replicaSet(name, size, { available, age: 1_000 - index * 100 });
  test.each<[string, number, number | string, Old[], [number, number], Record<string, number>]>([
    // what, replicas, maxUnavailable, olds, [new size, new available] → sizes
    ['as far as enough stays', 10, 2, [['a', 10, 10]], [2, 0], { a: 8 }],
    ['not while the new ones are not available', 10, 2, [['a', 8, 8]], [4, 0], {}],
    ['by as many as have become available', 10, 2, [['a', 8, 8]], [4, 3], { a: 5 }],
    ['not at all with maxUnavailable 0 and nothing new', 10, 0, [['a', 10, 10]], [3, 0], {}],
    ['one by one with maxUnavailable 0', 10, 0, [['a', 10, 10]], [3, 1], { a: 9 }],
    ['with maxUnavailable in percent, rounded down', 10, '25%', [['a', 10, 10]], [3, 0], { a: 8 }],
    [
      'what is broken first, then as far as enough stays',
      10,
      2,
      [
        ['a', 8, 6],
        ['b', 2, 2],
      ],
      [2, 2],
      { a: 4 },
    ],
    [
      'the oldest first',
      10,
      2,
      [
        ['a', 3, 3],
        ['b', 7, 7],
      ],
      [2, 2],
      { a: 0, b: 6 },
    ],
    ['everything broken, as far as pods may be missing', 10, 2, [['a', 10, 0]], [2, 0], { a: 8 }],
    [
      'everything when the new one is complete',
      3,
      1,
      [
        ['a', 2, 2],
        ['b', 0, 0],
      ],
      [3, 3],
      { a: 0 },
    ],
    ['nothing when nothing is left', 3, 1, [['a', 0, 0]], [3, 3], {}],
    ['to nothing when the Deployment has no replicas', 0, 0, [['a', 4, 4]], [0, 0], { a: 0 }],
    ['no further where a status is behind: 2 are left of the 3 that it counts', 3, 1, [['a', 2, 3]], [1, 1], { a: 1 }],
  ])('%s', (_, replicas, unavailable, olds, [newSize, newAvailable], expected) => {
    const newest = replicaSet('new', newSize, { available: newAvailable, age: 1 });
    expect(sizes(planOldReplicaSets(deployment(replicas, { unavailable }), newest, olds.map(make)))).toEqual(expected);
  });

  test('in a whole rollout within the bounds, whatever becomes available when', () => {
    for (const [replicas, surge, unavailable] of [
      [1, '25%', '25%'],
      [3, 1, 0],
      [4, 0, 1],
      [10, '25%', '25%'],
      [10, 3, 3],
      [7, '50%', '50%'],
      [20, 0, '5%'],
    ] as const) {
      const rolling = deployment(replicas, { surge, unavailable });
      const ceiling = replicas + maxSurge(rolling);
      const floor = replicas - maxUnavailable(rolling);
      let [oldSize, newSize, newAvailable]: [number, number, number] = [replicas, 0, 0];
      for (let step = 0; step < 200 && !(oldSize === 0 && newAvailable === replicas); step += 1) {
        const old = replicaSet('old', oldSize);
        const newest = replicaSet('new', newSize, { available: newAvailable });
        const up = planNewReplicaSet(rolling, newest, [old, newest]);
        if (up) newSize = up.replicas;
        else if (newAvailable < newSize && step % 3 === 0) newAvailable += 1;
        else for (const { replicas: size } of planOldReplicaSets(rolling, newest, [old])) oldSize = size;
        expect(oldSize + newSize).toBeLessThanOrEqual(ceiling);
        expect(oldSize + newAvailable).toBeGreaterThanOrEqual(floor);
      }
      expect([oldSize, newSize]).toEqual([0, replicas]);
    }
  });
});

describe('a Deployment’s new size', () => {
  const sized = (name: string, replicas: number, maximum: number | undefined, input: ReplicaSetInput = {}) =>
    replicaSet(name, replicas, {
      ...input,
      metadata: {
        annotations: maximum === undefined ? {} : { 'deployment.kubernetes.io/max-replicas': String(maximum) },
      },
    });
  test.each<[string, number, number, [number, number][], Record<string, number>]>([
    // what, replicas, surge, [size, max-replicas] of old, older…, newest last
    [
      'goes to the one that has pods',
      5,
      1,
      [
        [3, 4],
        [0, 4],
      ],
      { rs0: 5 },
    ],
    [
      'goes to the newest where none has',
      5,
      1,
      [
        [0, 4],
        [0, 4],
      ],
      { rs1: 5 },
    ],
    ['is kept', 3, 1, [[3, 4]], {}],
    ['takes the last pod of the one', 0, 1, [[3, 4]], { rs0: 0 }],
    // The documentation's own example: 10 → 15 with maxSurge 3, old 8 and new 5.
    [
      'is divided in proportion',
      15,
      3,
      [
        [8, 13],
        [5, 13],
      ],
      { rs0: 11, rs1: 7 },
    ],
    [
      'is taken away in proportion',
      5,
      3,
      [
        [8, 13],
        [5, 13],
      ],
      { rs0: 5, rs1: 3 },
    ],
    [
      'goes to the newer of two alike',
      6,
      0,
      [
        [2, 5],
        [2, 5],
      ],
      { rs0: 2, rs1: 4 },
    ],
    [
      'is taken from the older of two alike',
      3,
      0,
      [
        [2, 5],
        [2, 5],
      ],
      { rs0: 1, rs1: 2 },
    ],
    [
      'takes all',
      0,
      3,
      [
        [8, 13],
        [5, 13],
      ],
      { rs0: 0, rs1: 0 },
    ],
    [
      'adds nothing where the total is right',
      10,
      3,
      [
        [8, 13],
        [5, 13],
      ],
      {},
    ],
  ])('%s', (_, replicas, surge, sets, expected) => {
    const made = sets.map(([size, maximum], index) =>
      sized(`rs${index}`, size, maximum, { age: 1_000 - index * 100, available: 0 }),
    );
    expect(sizes(planScaling(deployment(replicas, { surge }), made.at(-1), made.slice(0, -1)))).toEqual(expected);
  });

  test('is judged by the pods that there are where nothing says what the ReplicaSets were sized for', () => {
    const sets = [sized('a', 8, undefined, { age: 100, available: 0 }), sized('b', 2, undefined, { available: 0 })];
    const status = { replicas: 10 };
    expect(sizes(planScaling(deployment(20, { surge: 0, status }), sets[1], [sets[0] as never]))).toEqual({
      a: 16,
      b: 4,
    });
    expect(sizes(planScaling(deployment(20, { surge: 0 }), sets[1], [sets[0] as never]))).toEqual({ a: 18, b: 2 });
  });

  test('leaves nothing to the old ones once the newest is all there', () => {
    const [old, newest] = [sized('old', 2, 6), sized('new', 5, 6)];
    expect(sizes(planScaling(deployment(5), newest, [old]))).toEqual({ old: 0 });
  });

  test('is not divided for Recreate, which has but one at a time', () => {
    const [old, newest] = [sized('old', 2, 6, { available: 0 }), sized('new', 1, 6, { available: 0 })];
    expect(planScaling(deployment(5, recreate), newest, [old])).toEqual([]);
  });
});

describe('the history', () => {
  const old = (name: string, revision: number | bigint, input: ReplicaSetInput = {}, size = 0) =>
    replicaSet(name, size, {
      ...input,
      metadata: { annotations: { 'deployment.kubernetes.io/revision': String(revision) }, ...input.metadata },
    });
  const cleaned = (limit: number | undefined, sets: ReturnType<typeof old>[]) =>
    planCleanup(deployment(3, { spec: { revisionHistoryLimit: limit } }), sets, revisionOf).map(
      ({ metadata }) => metadata.name,
    );
  const sets = [old('c', 3), old('a', 1), old('b', 2), old('d', 4)];

  test.each<[number | undefined, string[]]>([
    [undefined, []],
    [10, []],
    [4, []],
    [2, ['a', 'b']],
    [1, ['a', 'b', 'c']],
    [0, ['a', 'b', 'c', 'd']],
  ])('of at most %s loses %j', (limit, expected) => expect(cleaned(limit, sets)).toEqual(expected));

  test('keeps what has pods, is to have some, is not seen to have none, or goes already', () => {
    const busy = [
      old('wanted', 1, {}, 1),
      old('present', 2, { status: { replicas: 1 } }),
      old('unseen', 3, { metadata: { generation: 2, annotations: { 'deployment.kubernetes.io/revision': '3' } } }),
      old('free', 4),
      old('going', 0, { metadata: { deletionTimestamp: '2030-01-01T00:00:00Z', annotations: {} } }),
    ];
    expect(cleaned(0, busy)).toEqual(['free']);
  });

  test('goes back by revision, then by age', () => {
    const [lower, higher] = [3546343826724305832n, 3546343826724305833n];
    expect(cleaned(1, [old('high', higher, { age: 20 }), old('low', lower, { age: 10 })])).toEqual(['low']);
    expect(cleaned(1, [old('young', 0, { age: 10 }), old('older', 0, { age: 20 })])).toEqual(['older']);
  });
});
