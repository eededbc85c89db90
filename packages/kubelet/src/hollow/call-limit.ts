export interface CallLimitOptions {
  readonly least: number;
  readonly most: number;
  /** Heartbeats that take longer than this say that the apiserver has too much to do. */
  readonly slowMs: number;
}

/** How many calls for pods may be under way, told by how long heartbeats take. */
export interface CallLimit {
  readonly value: number;
  /** A heartbeat was answered after so long, or given up. */
  heartbeatTook(durationMs: number): void;
}

/** A heartbeat that was under way when the limit was halved tells nothing new: it counts from here on. */
const HALVE_EVERY_MS = 1_000;

/**
 * Leases wait at the apiserver behind whatever came before them, and a node
 * whose lease is late is taken for dead. So pods give way: the limit is halved
 * while heartbeats are slow, and grows by one with each that is not.
 */
export function createCallLimit({ least, most, slowMs }: CallLimitOptions): CallLimit {
  let value = most;
  let halvedAtMs = Number.NEGATIVE_INFINITY;
  return {
    get value() {
      return value;
    },
    heartbeatTook(durationMs) {
      if (durationMs <= slowMs) {
        value = Math.min(most, value + 1);
        return;
      }
      const nowMs = performance.now();
      if (nowMs - halvedAtMs < HALVE_EVERY_MS) return;
      halvedAtMs = nowMs;
      value = Math.max(least, Math.floor(value / 2));
    },
  };
}
