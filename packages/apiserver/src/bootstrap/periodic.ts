import { sleep } from '@kubelab/runtime';
import type { Logger } from 'pino';

/** Does `work` now and then again and again until the signal aborts. A failure is logged, and tried again at the next turn. */
export async function periodically(
  name: string,
  intervalMs: number,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work(signal);
    } catch (error) {
      if (!signal.aborted) log.warn({ error, work: name }, 'failed; it is tried again');
    }
    await sleep(intervalMs, signal).catch(() => {});
  }
}
