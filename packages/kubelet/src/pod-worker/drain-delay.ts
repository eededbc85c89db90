import type { ReadonlyPod } from '../pod.js';

/**
 * How long a pod that is deleted goes on before it is told to end. Its deletion
 * takes it out of its Services' endpoints, and each proxy needs a moment to hear
 * of it: a server that closes its port sooner refuses what is still sent to it.
 * 0 for a pod that serves nobody, or whose preStop hook sees to it; never more
 * than half of its grace period, of which it is a part.
 */
export function drainDelayMs(pod: ReadonlyPod | undefined, gracePeriodSeconds: number, drainPeriodMs: number): number {
  if (!pod?.metadata.deletionTimestamp || !isReady(pod)) return 0;
  const containers = pod.spec?.containers ?? [];
  const serves = containers.some(({ ports = [] }) => ports.length > 0);
  const hasHook = containers.some(({ lifecycle }) => lifecycle?.preStop !== undefined);
  return serves && !hasHook ? Math.min(drainPeriodMs, gracePeriodSeconds * 500) : 0;
}

function isReady(pod: ReadonlyPod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
