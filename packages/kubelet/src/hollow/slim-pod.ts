import type { Persisted, Pod } from '@kubelab/api';
import { withoutManagedFields } from './slim-object.js';

/** What a hollow node keeps of a pod. */
export function slimPod(pod: Persisted<Pod>): Persisted<Pod> {
  return withoutManagedFields(pod);
}
