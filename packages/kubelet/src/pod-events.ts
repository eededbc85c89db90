import type { EventRecorder } from '@kubelab/client';
import type { TraceContext } from '@kubelab/runtime';
import type { ReadonlyPod } from './pod.js';

/** Tells people what happens to a pod. Never blocks, never throws. */
export interface PodEvents {
  normal(pod: ReadonlyPod, reason: string, message: string, about?: EventSubject): void;
  warning(pod: ReadonlyPod, reason: string, message: string, about?: EventSubject): void;
}

export interface EventSubject {
  /** `spec.containers{nginx}` */
  readonly fieldPath?: string;
  readonly trace?: TraceContext | undefined;
}

export function createPodEvents(recorder: Pick<EventRecorder, 'event'>): PodEvents {
  const record =
    (type: 'Normal' | 'Warning'): PodEvents['normal'] =>
    (pod, reason, message, { fieldPath, trace } = {}) => {
      const { namespace, name, uid, resourceVersion } = pod.metadata;
      const reference = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid, resourceVersion };
      recorder.event(fieldPath === undefined ? reference : { ...reference, fieldPath }, type, reason, message, trace);
    };
  return { normal: record('Normal'), warning: record('Warning') };
}

/** The field path by which events name a container. */
export function containerFieldPath(pod: ReadonlyPod, name: string): string {
  const lists = ['initContainers', 'ephemeralContainers'] as const;
  const list = lists.find((each) => pod.spec?.[each]?.some((container) => container.name === name)) ?? 'containers';
  return `spec.${list}{${name}}`;
}
