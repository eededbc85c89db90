import { isApiError, type Pod, type PodCondition, pods } from '@kubelab/api';
import type { ApiClient, Cached } from '@kubelab/client';
import type { TraceContext } from '@kubelab/runtime';
import type { Logger } from 'pino';

export interface PendingStatus {
  /** `Unschedulable`, or `SchedulerError`. */
  readonly reason: string;
  readonly message: string;
  /** '' clears it, undefined leaves it. */
  readonly nominatedNode: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Says in the pod's status why it has no node, where that differs from what is there. Never rejects. */
export async function writePendingStatus(
  client: Pick<ApiClient, 'patch'>,
  pod: Cached<Pod>,
  { reason, message, nominatedNode, annotations }: PendingStatus,
  trace: TraceContext | undefined,
  log: Logger,
): Promise<void> {
  const present = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const conditionDiffers = present?.status !== 'False' || present.message !== message || present.reason !== reason;
  const nominationDiffers = nominatedNode !== undefined && nominatedNode !== (pod.status?.nominatedNodeName ?? '');
  if (!conditionDiffers && !nominationDiffers && annotations === undefined) return;
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message,
    lastTransitionTime:
      present?.status === 'False' ? present.lastTransitionTime : `${new Date().toISOString().slice(0, 19)}Z`,
    observedGeneration: pod.metadata.generation,
  };
  const { namespace = '', name, uid } = pod.metadata;
  const patch = {
    metadata: { uid, ...(annotations ? { annotations } : {}) },
    status: {
      conditions: [condition],
      ...(nominationDiffers ? { nominatedNodeName: nominatedNode || null } : {}),
    },
  };
  try {
    await client.patch<Pod>(pods, { namespace, name }, 'strategic', patch, { subresource: 'status', trace });
  } catch (error) {
    // The pod is gone or another; the next attempt writes it anew.
    const level = isApiError(error, 'NotFound', 'Conflict') ? 'debug' : 'warn';
    log[level]({ key: `${namespace}/${name}`, error }, 'the condition was not written');
  }
}
