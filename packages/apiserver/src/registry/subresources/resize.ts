import { type Container, validatePodResize } from '@kubelab/api';
import { podPart } from './pod-part.js';

/** pods/resize (KEP-1287): cpu and memory of a pod's containers while it runs. */
export const resizePod = podPart({
  subresource: 'resize',
  take(pod, { spec }) {
    pod.spec = {
      ...pod.spec,
      containers: withResourcesOf(pod.spec?.containers ?? [], spec?.containers ?? []),
      ...(pod.spec?.initContainers
        ? { initContainers: withResourcesOf(pod.spec.initContainers, spec?.initContainers ?? []) }
        : {}),
    };
  },
  validate: validatePodResize,
});

/** Other changes that were sent are dropped, as those of a status are. */
function withResourcesOf(containers: readonly Container[], sent: readonly Container[]): Container[] {
  return containers.map((container) => {
    const same = sent.find(({ name }) => name === container.name);
    if (same === undefined) return container;
    const { resources, resizePolicy } = same;
    return { ...container, resources, ...(resizePolicy ? { resizePolicy } : {}) };
  });
}
