import type { AdmissionPlugin } from './admission.js';
import { newPod } from './new-pod.js';

/**
 * A pod that names no service account runs as `default`. The account need not
 * exist: nothing of it is needed to run the pod, no token being mounted.
 */
export function serviceAccount(): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    admit(request) {
      const pod = newPod(request);
      if (pod?.spec === undefined) return;
      const name = pod.spec.serviceAccountName || pod.spec.serviceAccount || 'default';
      pod.spec.serviceAccountName = name;
      pod.spec.serviceAccount = name;
    },
  };
}
