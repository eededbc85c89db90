import type { Node, Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

/** Something that happened which may help a pod that could not be scheduled. */
export type ClusterEvent =
  | { readonly kind: 'NodeAdded'; readonly node: Cached<Node> }
  | { readonly kind: 'NodeAllocatableChanged'; readonly node: Cached<Node>; readonly old: Cached<Node> }
  | { readonly kind: 'NodeLabelChanged'; readonly node: Cached<Node>; readonly old: Cached<Node> }
  | { readonly kind: 'NodeTaintChanged'; readonly node: Cached<Node>; readonly old: Cached<Node> }
  | { readonly kind: 'AssignedPodDeleted'; readonly pod: Cached<Pod> }
  | { readonly kind: 'PendingPodChanged'; readonly pod: Cached<Pod> };

export type QueueingHint = 'queue' | 'skip';

/** Which events a change of a node is. */
export function nodeEvents(node: Cached<Node>, old: Cached<Node> | undefined): ClusterEvent[] {
  if (old === undefined) return [{ kind: 'NodeAdded', node }];
  const differs = (a: unknown, b: unknown) => JSON.stringify(a ?? {}) !== JSON.stringify(b ?? {});
  const events: ClusterEvent[] = [];
  if (differs(node.status?.allocatable, old.status?.allocatable))
    events.push({ kind: 'NodeAllocatableChanged', node, old });
  if (differs(node.metadata.labels, old.metadata.labels)) events.push({ kind: 'NodeLabelChanged', node, old });
  if (differs(node.spec?.taints, old.spec?.taints) || differs(node.spec?.unschedulable, old.spec?.unschedulable))
    events.push({ kind: 'NodeTaintChanged', node, old });
  return events;
}
