import type { DeepReadonly, KubernetesObject, NamespaceCondition, ResourceType } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { timestamp } from '../../timestamp.js';

/** What is left of one kind in a namespace. */
export interface Remaining {
  /** As Kubernetes' message has it, the group always behind a dot: `pods.`, `deployments.apps`. */
  readonly resource: string;
  readonly count: number;
  /** Finalizer → how many of them wait for it. */
  readonly finalizers: ReadonlyMap<string, number>;
}

export function remainingOf(
  { plural, group }: Pick<ResourceType, 'plural' | 'group'>,
  objects: readonly Cached<KubernetesObject>[],
): Remaining {
  const finalizers = new Map<string, number>();
  for (const { metadata } of objects)
    for (const finalizer of metadata.finalizers ?? []) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  return { resource: `${plural}.${group}`, count: objects.length, finalizers };
}

/** The conditions of a namespace that is being deleted, in Kubernetes' words. */
export function planConditions(
  present: readonly DeepReadonly<NamespaceCondition>[],
  remaining: readonly Remaining[],
  failures: readonly string[],
  nowMs: number,
): NamespaceCondition[] {
  const left = remaining.filter(({ count }) => count > 0);
  const finalizers = new Map<string, number>();
  for (const { finalizers: each } of left)
    for (const [name, count] of each) finalizers.set(name, (finalizers.get(name) ?? 0) + count);
  const sorted = (texts: string[]) => texts.sort().join(', ');
  const wanted: [type: string, status: boolean, reason: string, message: string][] = [
    ['NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    failures.length > 0
      ? [
          'NamespaceDeletionContentFailure',
          true,
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${sorted([...failures])}`,
        ]
      : [
          'NamespaceDeletionContentFailure',
          false,
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ],
    left.length > 0
      ? [
          'NamespaceContentRemaining',
          true,
          'SomeResourcesRemain',
          `Some resources are remaining: ${sorted(left.map(({ resource, count }) => `${resource} has ${count} resource instances`))}`,
        ]
      : ['NamespaceContentRemaining', false, 'ContentRemoved', 'All content successfully removed'],
    finalizers.size > 0
      ? [
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${sorted([...finalizers].map(([name, count]) => `${name} in ${count} resource instances`))}`,
        ]
      : ['NamespaceFinalizersRemaining', false, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
  ];
  const now = timestamp(nowMs);
  return wanted.map(([type, isTrue, reason, message]) => {
    const status = isTrue ? 'True' : 'False';
    const before = present.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return { type, status, lastTransitionTime, reason, message };
  });
}
