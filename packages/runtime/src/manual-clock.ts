import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.js';

export interface ManualClock extends Clock {
  /**
   * Moves time on by `durationMs`, firing what falls due in order. Between two
   * timers, and at the end, promises get to run, so that what a timer causes
   * may set timers within the same stretch.
   */
  advance(durationMs: number): Promise<void>;
  /** How many timers are set. */
  readonly pending: number;
}

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** A clock for tests: time stands still until told otherwise. */
export function createManualClock(startMs = Date.UTC(2030, 0, 1)): ManualClock {
  let nowMs = startMs;
  let sequence = 0;
  const timers = new Set<Timer>();

  const nextDue = (untilMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs > untilMs) continue;
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.sequence < next.sequence)) {
        next = timer;
      }
    }
    return next;
  };

  return {
    now: () => nowMs,
    get pending() {
      return timers.size;
    },
    setTimeout(callback, delayMs, signal) {
      if (signal?.aborted) return () => {};
      const cancel = () => {
        timers.delete(timer);
        signal?.removeEventListener('abort', cancel);
      };
      const timer: Timer = {
        dueMs: nowMs + Math.max(delayMs, 0),
        sequence: sequence++,
        callback: () => {
          cancel();
          callback();
        },
      };
      timers.add(timer);
      signal?.addEventListener('abort', cancel, { once: true });
      return cancel;
    },
    async advance(durationMs) {
      const untilMs = nowMs + durationMs;
      await setImmediate();
      for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) {
        nowMs = Math.max(nowMs, timer.dueMs);
        timer.callback();
        await setImmediate();
      }
      nowMs = untilMs;
    },
  };
}
