export interface BackoffOptions {
  /** The first delay. */
  readonly initialMs: number;
  /** No delay is longer, jitter included. */
  readonly maxMs: number;
  /** By how much each delay is longer than the last. Default 2. */
  readonly factor?: number;
  /** The share of a delay that is random: with 0.2, delays vary by ±10 %. Default 0.2. */
  readonly jitter?: number;
  /** Default Math.random. */
  readonly random?: () => number;
}

/** Exponentially growing delays. */
export interface Backoff {
  /** The delay to wait now; the next one is longer. */
  next(): number;
  /** Starts again at the first delay: call it on success. */
  reset(): void;
  /** How many delays have been handed out since the last reset. */
  readonly attempts: number;
}

export function createBackoff(options: BackoffOptions): Backoff {
  const { initialMs, maxMs, factor = 2, jitter = 0.2, random = Math.random } = options;
  let attempts = 0;
  return {
    next() {
      const delayMs = Math.min(initialMs * factor ** attempts, maxMs);
      attempts += 1;
      return Math.min(delayMs * (1 + jitter * (random() - 0.5)), maxMs);
    },
    reset() {
      attempts = 0;
    },
    get attempts() {
      return attempts;
    },
  };
}
