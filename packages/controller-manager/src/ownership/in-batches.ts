const MAX_AT_ONCE = 256;

/**
 * Does `work` for each item, in batches of 1, 2, 4, … 256: when the first fails, as
 * with a quota, the rest need not fail too. Waits for all of a batch, then
 * throws what failed in it. Begins no batch once the signal has aborted: by then
 * another process may be doing the same.
 */
export async function inBatches<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  for (let done = 0, size = 1; done < items.length; done += size, size = Math.min(size * 2, MAX_AT_ONCE)) {
    signal.throwIfAborted();
    const results = await Promise.allSettled(items.slice(done, done + size).map(work));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
