import type { Clock } from '@kubelab/runtime';
import { FifoQueue } from '../fifo-queue.js';

export interface TurnsOptions {
  /** How many turns are given before others of the process get to work. Default 32. */
  readonly batchSize?: number;
  /** No turn is given while it says so. Default: never. */
  readonly isBusy?: () => boolean;
  readonly clock: Clock;
}

const LOOK_AGAIN_MS = 50;

/**
 * Gives out turns to work, in order. Nothing that a hollow pod waits for takes
 * time, so that without it fifty thousand of them that begin together would
 * have nothing else run for a minute, and hold all that they make meanwhile.
 */
export function createTurns({ batchSize = 32, isBusy = () => false, clock }: TurnsOptions): () => Promise<void> {
  const waiting = new FifoQueue<() => void>();
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    if (isBusy()) clock.setTimeout(give, LOOK_AGAIN_MS);
    else setImmediate(give);
  };

  const give = (): void => {
    scheduled = false;
    for (let given = 0; given < batchSize && !isBusy(); given += 1) waiting.shift()?.();
    if (waiting.size > 0) schedule();
  };

  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      schedule();
    });
}
