import { type Clock, systemClock, type TraceContext } from '@kubelab/runtime';
import type { WorkQueue } from './reconciler.js';

export interface WorkItem {
  readonly key: string;
  readonly trace: TraceContext | undefined;
  /** When it became ready; milliseconds since the epoch. */
  readonly readySinceMs: number;
}

/** A queue with its other end: what hands out the keys. */
export interface WorkSource extends WorkQueue {
  /** The next key; waits for one. Undefined once the signal has aborted. Every key handed out must be given back with `done`. */
  next(signal: AbortSignal): Promise<WorkItem | undefined>;
  /** Work on the key is over; if it was added meanwhile, it is ready again. */
  done(key: string): void;
  /** Forgets what is delayed, and its timers. */
  clear(): void;
}

export interface WorkQueueOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Called when a key is added that was not waiting. */
  readonly onAdd?: () => void;
}

/** Holds each key once, so its size is bounded by the number of objects. Of several delays of a key the shortest counts. */
export function createWorkQueue({ clock = systemClock, onAdd }: WorkQueueOptions = {}): WorkSource {
  /** In the order that they are handed out. */
  const ready = new Map<string, WorkItem>();
  const working = new Set<string>();
  /** Added while being worked on. */
  const again = new Map<string, WorkItem>();
  const delayed = new Map<string, { dueMs: number; trace: TraceContext | undefined; cancel: () => void }>();
  const waiting: ((item: WorkItem | undefined) => void)[] = [];

  const put = (item: WorkItem) => {
    const waiter = waiting.shift();
    if (!waiter) {
      ready.set(item.key, item);
      return;
    }
    working.add(item.key);
    waiter(item);
  };

  const add = (key: string, trace: TraceContext | undefined) => {
    const place = working.has(key) ? again : ready;
    const present = place.get(key);
    if (present) {
      // Setting a key that a Map has keeps its turn.
      if (trace) place.set(key, { ...present, trace });
      return;
    }
    onAdd?.();
    const item = { key, trace, readySinceMs: clock.now() };
    if (place === again) again.set(key, item);
    else put(item);
  };

  return {
    add,
    addAfter(key, delayMs, trace) {
      if (delayMs <= 0) return add(key, trace);
      const dueMs = clock.now() + delayMs;
      const present = delayed.get(key);
      if (present && present.dueMs <= dueMs) {
        if (trace) present.trace = trace;
        return;
      }
      present?.cancel();
      const entry = {
        dueMs,
        trace: trace ?? present?.trace,
        cancel: clock.setTimeout(() => {
          delayed.delete(key);
          add(key, entry.trace);
        }, delayMs),
      };
      delayed.set(key, entry);
    },
    get size() {
      return ready.size;
    },
    next(signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      const [first] = ready.values();
      if (first) {
        ready.delete(first.key);
        working.add(first.key);
        return Promise.resolve(first);
      }
      return new Promise((resolve) => {
        const onAbort = () => {
          waiting.splice(waiting.indexOf(waiter), 1);
          resolve(undefined);
        };
        const waiter = (item: WorkItem | undefined) => {
          signal.removeEventListener('abort', onAbort);
          resolve(item);
        };
        waiting.push(waiter);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    done(key) {
      working.delete(key);
      const item = again.get(key);
      again.delete(key);
      if (item) put(item);
    },
    clear() {
      for (const { cancel } of delayed.values()) cancel();
      delayed.clear();
    },
  };
}
