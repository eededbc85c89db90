/** Time, so that a test can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, unless cancelled or `signal` aborts first. Returns what cancels it; calling that again does nothing. */
  setTimeout(callback: () => void, delayMs: number, signal?: AbortSignal): () => void;
}

/** The longest delay that Node's timers take; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, delayMs, signal) {
    if (signal?.aborted) return () => {};
    const cancel = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', cancel);
        callback();
      },
      Math.min(Math.max(delayMs, 0), MAX_DELAY_MS),
    );
    signal?.addEventListener('abort', cancel, { once: true });
    return cancel;
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason if that aborts first. */
export function sleep(delayMs: number, signal?: AbortSignal, clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
