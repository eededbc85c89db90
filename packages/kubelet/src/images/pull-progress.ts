import type { Clock } from '@kubelab/runtime';
import type { PullProgress } from '../container-runtime/runtime.js';

/** When a long pull is told of: after these, then every last one of them. */
const TELL_AFTER_MS = [5_000, 15_000, 30_000, 60_000];
const BYTES_PER_MEGABYTE = 1_000_000;

/** Turns the engine's stream of progress into a few texts. */
export function createProgressEvents(clock: Clock, tell: (text: string) => void): (progress: PullProgress) => void {
  const startedAtMs = clock.now();
  let told = 0;
  return (progress) => {
    const everyMs = TELL_AFTER_MS.at(-1) ?? 0;
    const dueMs = TELL_AFTER_MS[told] ?? everyMs * (told - TELL_AFTER_MS.length + 2);
    if (clock.now() - startedAtMs < dueMs) return;
    told += 1;
    tell(describe(progress));
  };
}

function describe({ layersDone, layersKnown, downloadedBytes, totalBytes }: PullProgress): string {
  return `${layersDone} of ${layersKnown} layers, ${megabytes(downloadedBytes)} of ${megabytes(totalBytes)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / BYTES_PER_MEGABYTE).toFixed(1);
}
