import type { PodStatus } from '@kubelab/api';
import type { Clock, TraceContext } from '@kubelab/runtime';
import type { ReadonlyPod } from '../pod.js';
import type { StatusWriter } from '../status/status-writer.js';

interface Settling {
  readonly pod: ReadonlyPod;
  readonly status: PodStatus;
  readonly trace: TraceContext | undefined;
}

/**
 * A writer of statuses that waits a little, so that what a pod becomes at once
 * is told at once: that it is pending and that it runs take one write, not two.
 * The last status of a pod that goes with its next request is not written, as
 * nobody could read it.
 */
export function settlingStatus(writer: StatusWriter, settleMs: number, clock: Clock): StatusWriter {
  const settling = new Map<string, Settling>();

  const write = ({ pod, status, trace }: Settling): void => writer.set(pod, status, trace);
  const writeAll = (): void => {
    const all = [...settling.values()];
    settling.clear();
    for (const one of all) write(one);
  };

  return {
    set(pod, status, trace) {
      if (settling.size === 0) clock.setTimeout(writeAll, settleMs);
      settling.set(pod.metadata.uid, { pod, status, trace });
    },
    written(podUid) {
      const last = settling.get(podUid);
      settling.delete(podUid);
      if (last && !isGoing(last.pod)) write(last);
      return writer.written(podUid);
    },
    get backlog() {
      return settling.size + writer.backlog;
    },
    forget(podUid) {
      settling.delete(podUid);
      writer.forget(podUid);
    },
  };
}

/** Nothing but its kubelet's word keeps it. */
function isGoing({ metadata: { deletionTimestamp, finalizers = [] } }: ReadonlyPod): boolean {
  return deletionTimestamp !== undefined && finalizers.length === 0;
}
