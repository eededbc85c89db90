import { describe, expect, test } from 'vitest';
import { deployment, replicaSet } from '../../test-objects.js';
import { newReplicaSetAnnotations, revisionOf, sizeAnnotations } from './replica-set-annotations.js';

const K = 'deployment.kubernetes.io/';
const owner = deployment(3, {
  surge: 2,
  metadata: {
    annotations: {
      'kubernetes.io/change-cause': 'image 2',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      [`${K}revision`]: '1',
    },
  },
});
const withAnnotations = (annotations: Record<string, string>) => replicaSet('rs', 3, { metadata: { annotations } });

describe('the newest ReplicaSet’s annotations', () => {
  test('when it is made: the Deployment’s, its revision, its sizes', () => {
    expect(newReplicaSetAnnotations(owner, undefined, 2n)).toEqual({
      'kubernetes.io/change-cause': 'image 2',
      [`${K}revision`]: '2',
      [`${K}desired-replicas`]: '3',
      [`${K}max-replicas`]: '5',
    });
  });

  test.each([
    ['stay', { [`${K}revision`]: '2' }, 2n, { [`${K}revision`]: '2' }],
    ['do not go back when old ones were cleaned up', { [`${K}revision`]: '5' }, 2n, { [`${K}revision`]: '5' }],
    [
      'remember the revision that is rolled back to',
      { [`${K}revision`]: '1' },
      3n,
      { [`${K}revision`]: '3', [`${K}revision-history`]: '1' },
    ],
    [
      'and all before',
      { [`${K}revision`]: '3', [`${K}revision-history`]: '1' },
      5n,
      { [`${K}revision`]: '5', [`${K}revision-history`]: '1,3' },
    ],
    ['are given to one that was adopted', {}, 4n, { [`${K}revision`]: '4' }],
    [
      'keep what it was sized for',
      { [`${K}revision`]: '1', [`${K}desired-replicas`]: '9' },
      1n,
      { [`${K}revision`]: '1', [`${K}desired-replicas`]: '9' },
    ],
    ['keep what others have set', { mine: 'x', [`${K}revision`]: '1' }, 1n, { mine: 'x', [`${K}revision`]: '1' }],
    [
      'are exact beyond what a number holds',
      { [`${K}revision`]: '3546343826724305832' },
      3546343826724305833n,
      { [`${K}revision`]: '3546343826724305833', [`${K}revision-history`]: '3546343826724305832' },
    ],
    ['stay where they cannot be read', { [`${K}revision`]: 'two' }, 4n, { [`${K}revision`]: 'two' }],
  ])('later %s', (_, present, revision, expected) => {
    expect(newReplicaSetAnnotations(owner, withAnnotations(present), revision)).toEqual({
      'kubernetes.io/change-cause': 'image 2',
      ...expected,
    });
  });

  test('never grow without end', () => {
    const history = Array.from({ length: 600 }, (_, index) => String(1_000 + index)).join(',');
    const annotations = { [`${K}revision`]: '1600', [`${K}revision-history`]: history };
    const after = newReplicaSetAnnotations(owner, withAnnotations(annotations), 1_700n)[`${K}revision-history`] ?? '';
    expect(after.length).toBeLessThanOrEqual(2_000);
    expect(after).toMatch(/,1599,1600$/);
  });
});

test('the sizes are the Deployment’s, with what may be above', () => {
  expect(sizeAnnotations(deployment(10, { surge: '30%' }))).toEqual({
    [`${K}desired-replicas`]: '10',
    [`${K}max-replicas`]: '13',
  });
});

test.each([
  [undefined, 0n],
  ['', 0n],
  ['7', 7n],
  ['3546343826724305833', 3546343826724305833n],
  ['9223372036854775807', 2n ** 63n - 1n],
  ['9223372036854775808', 0n],
  ['0x10', 0n],
  ['1.5', 0n],
])('revision %j is %s', (text, expected) => {
  expect(revisionOf(withAnnotations(text === undefined ? {} : { [`${K}revision`]: text }))).toBe(expected);
});
