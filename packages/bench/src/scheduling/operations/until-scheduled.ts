import { setTimeout as delay } from 'node:timers/promises';
import type { RunContext } from './run-context.js';

const EVERY_MS = 10;

/**
 * Resolves once nothing is left to wait for. Rejects where the number of those
 * that are left has not changed for the run's limit.
 */
export async function untilNoneLeft(
  context: Pick<RunContext, 'signal' | 'stallLimitMs'>,
  what: string,
  left: () => number,
): Promise<void> {
  let before = left();
  let changedMs = performance.now();
  for (;;) {
    const now = left();
    if (now === 0) return;
    if (now !== before) {
      before = now;
      changedMs = performance.now();
    }
    if (performance.now() - changedMs > context.stallLimitMs)
      throw new Error(`${what}: ${now} left, and nothing happened for ${context.stallLimitMs / 1000} s`);
    await delay(EVERY_MS, undefined, { signal: context.signal });
  }
}
