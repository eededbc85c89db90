import { isPodTerminal, type Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

export interface PodGcInput {
  readonly pods: Iterable<Cached<Pod>>;
  /** Whether the node is gone, and has been for long enough. */
  readonly isNodeGone: (name: string) => boolean;
  /** Whether the node is out of service for good (`node.kubernetes.io/out-of-service`). */
  readonly isOutOfService: (name: string) => boolean;
  /** Terminated pods that are kept; 0 for all. */
  readonly terminatedThreshold: number;
}

/** The pods that nobody else will ever delete. */
export function planPodGc({ pods, isNodeGone, isOutOfService, terminatedThreshold }: PodGcInput): Cached<Pod>[] {
  const doomed: Cached<Pod>[] = [];
  const terminated: Cached<Pod>[] = [];
  for (const pod of pods) {
    const node = pod.spec?.nodeName ?? '';
    const deleting = pod.metadata.deletionTimestamp !== undefined;
    if (node === '' ? deleting : isNodeGone(node) || (deleting && isOutOfService(node))) doomed.push(pod);
    else if (isPodTerminal(pod) && !deleting) terminated.push(pod);
  }
  const surplus = terminatedThreshold > 0 ? Math.max(0, terminated.length - terminatedThreshold) : 0;
  const oldestFirst = terminated.sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
  return [...doomed, ...oldestFirst.slice(0, surplus)];
}
