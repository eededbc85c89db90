import type { KubernetesObject, NamespaceCondition } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { ago, cached, NOW_MS } from '../../test-objects.js';
import { planConditions, type Remaining, remainingOf } from './plan.js';

const left = (resource: string, count: number, finalizers: Record<string, number> = {}): Remaining => ({
  resource,
  count,
  finalizers: new Map(Object.entries(finalizers)),
});
const told = (conditions: NamespaceCondition[]) =>
  Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, [status, reason, message]]));

const quiet = {
  NamespaceDeletionDiscoveryFailure: ['False', 'ResourcesDiscovered', 'All resources successfully discovered'],
  NamespaceDeletionGroupVersionParsingFailure: [
    'False',
    'ParsedGroupVersions',
    'All legacy kube types successfully parsed',
  ],
  NamespaceDeletionContentFailure: [
    'False',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  NamespaceContentRemaining: ['False', 'ContentRemoved', 'All content successfully removed'],
  NamespaceFinalizersRemaining: ['False', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
};

describe('the conditions of a namespace that goes', () => {
  test.each<[string, Remaining[], string[], object]>([
    ['nothing left', [], [], {}],
    ['kinds of which nothing is left', [left('pods.', 0)], [], {}],
    [
      'pods and their finalizers',
      [left('pods.', 2, { 'example.com/b': 1, 'example.com/a': 2 })],
      [],
      {
        NamespaceContentRemaining: [
          'True',
          'SomeResourcesRemain',
          'Some resources are remaining: pods. has 2 resource instances',
        ],
        NamespaceFinalizersRemaining: [
          'True',
          'SomeFinalizersRemain',
          'Some content in the namespace has finalizers remaining: example.com/a in 2 resource instances, example.com/b in 1 resource instances',
        ],
      },
    ],
    [
      'several kinds, sorted, and a finalizer of both',
      [left('secrets.', 1, { f: 1 }), left('deployments.apps', 3, { f: 2 })],
      [],
      {
        NamespaceContentRemaining: [
          'True',
          'SomeResourcesRemain',
          'Some resources are remaining: deployments.apps has 3 resource instances, secrets. has 1 resource instances',
        ],
        NamespaceFinalizersRemaining: [
          'True',
          'SomeFinalizersRemain',
          'Some content in the namespace has finalizers remaining: f in 3 resource instances',
        ],
      },
    ],
    [
      'what could not be deleted',
      [],
      ['pods: no', 'configmaps: neither'],
      {
        NamespaceDeletionContentFailure: [
          'True',
          'ContentDeletionFailed',
          'Failed to delete all resource types, 2 remaining: configmaps: neither, pods: no',
        ],
      },
    ],
  ])('%s', (_, remaining, failures, expected) => {
    expect(told(planConditions([], remaining, failures, NOW_MS))).toEqual({ ...quiet, ...expected });
  });

  test('keep their times until they turn', () => {
    const before = planConditions([], [left('pods.', 2)], [], NOW_MS - 60_000);
    const fewer = planConditions(before, [left('pods.', 1)], [], NOW_MS);
    expect(new Set(fewer.map(({ lastTransitionTime }) => lastTransitionTime))).toEqual(new Set([ago(60)]));
    const none = planConditions(before, [], [], NOW_MS);
    const turned = none.filter(({ lastTransitionTime }) => lastTransitionTime === ago(0)).map(({ type }) => type);
    expect(turned).toEqual(['NamespaceContentRemaining']);
  });
});

test('what is left of a kind is counted with its finalizers', () => {
  const of = (name: string, finalizers: string[] = []) =>
    cached<KubernetesObject>('X', { metadata: { name, finalizers } });
  expect(remainingOf({ plural: 'pods', group: '' }, [of('a', ['f', 'g']), of('b', ['f']), of('c')])).toEqual(
    left('pods.', 3, { f: 2, g: 1 }),
  );
  expect(remainingOf({ plural: 'replicasets', group: 'apps' }, []).resource).toBe('replicasets.apps');
});
