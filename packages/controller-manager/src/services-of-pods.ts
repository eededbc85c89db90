import { type Pod, type Service, selectorFromLabels } from '@kubelab/api';
import type { Cached, Informer, WorkQueue } from '@kubelab/client';
import { LABEL_INDEX, labelValuesOf, selectorValueOf } from './shared-informers.js';

/** Enqueues the Services whose endpoints a pod's change may touch. */
export function enqueueServicesOf(pods: Informer<Pod>, services: Informer<Service>, queue: WorkQueue): void {
  pods.onChange(({ type, object, old, trace }) => {
    if (type === 'modified' && old && !mattersToEndpoints(object, old)) return;
    for (const pod of old ? [object, old] : [object])
      for (const { metadata } of servicesOf(pod, services)) queue.add(`${metadata.namespace}/${metadata.name}`, trace);
  });
}

/** The Services that select the pod. */
export function servicesOf(pod: Cached<Pod>, services: Informer<Service>): Cached<Service>[] {
  return labelValuesOf(pod)
    .flatMap((value) => services.byIndex(LABEL_INDEX, value))
    .filter(({ spec }) => selectorFromLabels(spec?.selector as Record<string, string>).matches(pod.metadata.labels));
}

/** The pods that the Service selects. */
export function podsOf(service: Cached<Service>, pods: Informer<Pod>): Cached<Pod>[] {
  const value = selectorValueOf(service);
  if (value === undefined) return [];
  const selector = selectorFromLabels(service.spec?.selector as Record<string, string>);
  return pods.byIndex(LABEL_INDEX, value).filter((pod) => selector.matches(pod.metadata.labels));
}

function mattersToEndpoints(pod: Cached<Pod>, old: Cached<Pod>): boolean {
  const relevant = ({ metadata, spec, status }: Cached<Pod>) =>
    JSON.stringify([
      metadata.uid,
      metadata.labels,
      metadata.deletionTimestamp !== undefined,
      spec?.nodeName,
      spec?.hostname,
      spec?.subdomain,
      status?.podIP,
      status?.phase,
      status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    ]);
  return relevant(pod) !== relevant(old);
}
