import { isApiError, type Pod, type PodStatus, pods } from '@kubelab/api';
import type { ApiClient, Cached, ReconcileContext } from '@kubelab/client';

/** Merges fields, and conditions by their type, into a pod's status; a pod that is gone is left alone. */
export async function patchPodStatus(
  client: ApiClient,
  pod: Cached<Pod>,
  status: PodStatus,
  trace: ReconcileContext['trace'],
): Promise<void> {
  const { namespace = '', name, uid } = pod.metadata;
  try {
    const patch = { metadata: { uid }, status };
    await client.patch(pods, { namespace, name }, 'strategic', patch, { trace, subresource: 'status' });
  } catch (error) {
    // Gone, or another of the same name: then the uid is a Conflict.
    if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
  }
}
