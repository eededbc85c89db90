import { validateEphemeralContainersUpdate } from '@kubelab/api';
import { podPart } from './pod-part.js';

/** pods/ephemeralcontainers (KEP-277): containers for looking into a pod that runs already; they can only be added. */
export const ephemeralContainers = podPart({
  subresource: 'ephemeralcontainers',
  take(pod, { spec }) {
    pod.spec = { containers: [], ...pod.spec, ephemeralContainers: spec?.ephemeralContainers };
  },
  validate: validateEphemeralContainersUpdate,
});
