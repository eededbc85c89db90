export interface InFlightResult {
  readonly elapsedMs: number;
  /** How long each piece of work took, in the order of their ends. */
  readonly latenciesMs: readonly number[];
}

/**
 * Does `work` for 0 to `count - 1`, `concurrency` at a time. The first failure
 * starts nothing more and is thrown once the rest has ended.
 */
export async function runInFlight(
  count: number,
  concurrency: number,
  work: (index: number) => Promise<unknown>,
): Promise<InFlightResult> {
  const latenciesMs: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      const startedMs = performance.now();
      try {
        await work(index);
      } catch (error) {
        next = count;
        throw error;
      }
      latenciesMs.push(performance.now() - startedMs);
    }
  };
  const startedMs = performance.now();
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(concurrency, count) }, lane));
  const failed = lanes.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return { elapsedMs: performance.now() - startedMs, latenciesMs };
}
