import type { Container, Pod, PodCondition } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';

type ReadonlyPod = DeepReadonly<Pod>;

export function podCondition(pod: ReadonlyPod, type: string): DeepReadonly<PodCondition> | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** Its Ready condition is True. */
export function isPodReady(pod: ReadonlyPod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Ready, and for at least `minReadySeconds`. */
export function isPodAvailable(pod: ReadonlyPod, minReadySeconds: number, nowMs: number): boolean {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return false;
  if (minReadySeconds === 0) return true;
  const sinceMs = Date.parse(ready.lastTransitionTime ?? '');
  return Number.isFinite(sinceMs) && sinceMs + minReadySeconds * 1000 <= nowMs;
}

/** Succeeded or Failed: none of its containers will run again. */
export function isPodTerminal(pod: ReadonlyPod): boolean {
  return isTerminalPhase(pod.status?.phase);
}

export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Neither terminal nor being deleted; what a ReplicaSet counts. */
export function isPodActive(pod: ReadonlyPod): boolean {
  return !isPodTerminal(pod) && pod.metadata?.deletionTimestamp === undefined;
}

export function isPodScheduled(pod: ReadonlyPod): boolean {
  return (pod.spec?.nodeName ?? '') !== '';
}

/** An init container that runs beside the others (a sidecar, KEP-753). */
export function isRestartableInitContainer(container: DeepReadonly<Pick<Container, 'restartPolicy'>>): boolean {
  return container.restartPolicy === 'Always';
}
