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

/** The field path by which events name a container. */
export function containerFieldPath(pod: ReadonlyPod, name: string): string {
  const isInit = pod.spec?.initContainers?.some((container) => container.name === name) ?? false;
  return `spec.${isInit ? 'initContainers' : 'containers'}{${name}}`;
}
