import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** Between two looks. Default 5. */
  readonly everyMs?: number;
}

/** Looks until `look` gives something, and resolves with it; rejects with `what` after the limit. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { signal, limitMs, everyMs = 5 }: UntilOptions,
): Promise<T> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadlineMs) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await delay(everyMs, undefined, { signal });
  }
}
