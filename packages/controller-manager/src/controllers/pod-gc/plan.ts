import { isPodTerminal, type Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

export interface PodGcInput {
  readonly pods: Iterable<Cached<Pod>>;
  /** Whether the node is gone, and has been for long enough. */
  readonly isNodeGone: (name: string) => boolean;
  /** Whether the node is not ready and out of service for good (`node.kubernetes.io/out-of-service`). */
  readonly isOutOfService: (name: string) => boolean;
  /** Terminated pods that are kept; 0 for all. */
  readonly terminatedThreshold: number;
}

export interface Doomed {
  readonly pod: Cached<Pod>;
  /** `lost`: nobody will ever say how it ended, so it is said to have failed. */
  readonly because: 'lost' | 'node gone' | 'surplus';
}

/** The pods that nobody else will ever delete. */
export function planPodGc({ pods, isNodeGone, isOutOfService, terminatedThreshold }: PodGcInput): Doomed[] {
  const doomed: Doomed[] = [];
  const terminated: Cached<Pod>[] = [];
  for (const pod of pods) {
    const node = pod.spec?.nodeName ?? '';
    const deleting = pod.metadata.deletionTimestamp !== undefined;
    if (node !== '' && isNodeGone(node)) doomed.push({ pod, because: 'node gone' });
    else if (deleting && (node === '' || isOutOfService(node))) doomed.push({ pod, because: 'lost' });
    else if (isPodTerminal(pod) && !deleting) terminated.push(pod);
  }
  const surplus = terminatedThreshold > 0 ? Math.max(0, terminated.length - terminatedThreshold) : 0;
  const isEvicted = ({ status }: Cached<Pod>) => status?.phase === 'Failed' && status.reason === 'Evicted';
  terminated.sort((a, b) => {
    const byEviction = Number(isEvicted(b)) - Number(isEvicted(a));
    const byAge = Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp);
    return byEviction || byAge || (a.metadata.name < b.metadata.name ? -1 : 1);
  });
  return [...doomed, ...terminated.slice(0, surplus).map((pod): Doomed => ({ pod, because: 'surplus' }))];
}
