import type { RuntimeContainer } from '../container-runtime/runtime.js';
import { CONTAINER_ANNOTATIONS } from './pod-state.js';

const FIRST_DELAY_MS = 10_000;
const MAX_DELAY_MS = 300_000;
/** A container that ran this long begins anew. */
const RESET_AFTER_MS = 600_000;

/**
 * How long after its end a container is started again: not at all the first
 * time, then 10 s, doubling to 5 min. The figure is kept with the container, so
 * a restarted kubelet goes on where the last one was.
 */
export function restartDelayMs(ended: RuntimeContainer): number {
  const ranMs = ended.finishedAtMs - ended.startedAtMs;
  if (ended.startedAtMs > 0 && ranMs >= RESET_AFTER_MS) return 0;
  const delayMs = Number.parseInt(ended.annotations[CONTAINER_ANNOTATIONS.restartDelayMs] ?? '0', 10);
  return Number.isFinite(delayMs) ? delayMs : 0;
}

/** What is kept with the container that follows one whose delay was `delayMs`. */
export function nextRestartDelayMs(delayMs: number): number {
  return delayMs === 0 ? FIRST_DELAY_MS : Math.min(delayMs * 2, MAX_DELAY_MS);
}

/** When it ended; one that never ran ended when it was made. */
export function endedAtMs(container: RuntimeContainer): number {
  return container.finishedAtMs || container.createdAtMs;
}
