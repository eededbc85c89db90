import { type Pod, type Service, selectorFromLabels } from '@kubelab/api';
import type { Cached, Informer, WorkQueue } from '@kubelab/client';

/** Enqueues the Services whose endpoints a pod's change may touch. */
export function enqueueServicesOf(pods: Informer<Pod>, services: Informer<Service>, queue: WorkQueue): void {
  pods.onChange(({ type, object, old, trace }) => {
    if (type === 'modified' && old && !mattersToEndpoints(object, old)) return;
    for (const service of services.byIndex('namespace', object.metadata.namespace ?? '')) {
      if (!service.spec?.selector) continue;
      const selector = selectorFromLabels(service.spec.selector as Record<string, string>);
      if (selector.matches(object.metadata.labels) || (old && selector.matches(old.metadata.labels)))
        queue.add(`${service.metadata.namespace}/${service.metadata.name}`, trace);
    }
  });
}

function mattersToEndpoints(pod: Cached<Pod>, old: Cached<Pod>): boolean {
  const relevant = ({ metadata, spec, status }: Cached<Pod>) =>
    JSON.stringify([
      metadata.uid,
      metadata.labels,
      metadata.deletionTimestamp,
      spec?.nodeName,
      spec?.hostname,
      spec?.subdomain,
      status?.podIP,
      status?.phase,
      status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    ]);
  return relevant(pod) !== relevant(old);
}
