import type { Clock } from '@kubelab/runtime';

interface Entry {
  readonly callback: () => void;
  readonly signal: AbortSignal | undefined;
  readonly tick: number;
  place: Set<Entry> | undefined;
}

/** Ticks of the wheel's rim; what is due later waits until it comes within. */
const SLOTS = 512;

/**
 * A clock whose timers share one of Node's, for tens of thousands of them: each
 * fires up to `resolutionMs` late. A signal is only looked at when a timer is
 * due, so that none has a listener for each.
 */
export function createPooledClock(resolutionMs = 50): Clock {
  const rim: Set<Entry>[] = Array.from({ length: SLOTS }, () => new Set());
  const later = new Set<Entry>();
  const originMs = performance.now();
  let waiting = 0;
  /** The next to be looked at. */
  let tick = 0;
  let timer: NodeJS.Timeout | undefined;

  const tickNow = (): number => Math.floor((performance.now() - originMs) / resolutionMs);

  const file = (entry: Entry): void => {
    const place = entry.tick < tick + SLOTS ? (rim[entry.tick % SLOTS] as Set<Entry>) : later;
    place.add(entry);
    entry.place = place;
  };

  const turn = (): void => {
    const now = tickNow();
    for (; tick <= now; tick += 1) {
      if (tick % SLOTS === 0) {
        const waited = [...later];
        later.clear();
        for (const entry of waited) file(entry);
      }
      const slot = rim[tick % SLOTS] as Set<Entry>;
      for (const entry of slot) {
        // Left from a turn of the wheel that was missed, or filed for the next one by what was called.
        if (entry.tick > tick) continue;
        slot.delete(entry);
        entry.place = undefined;
        waiting -= 1;
        if (!entry.signal?.aborted) entry.callback();
      }
    }
    if (waiting > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    now: () => Date.now(),
    setTimeout(callback, delayMs, signal) {
      if (signal?.aborted) return () => {};
      if (timer === undefined) {
        tick = tickNow();
        timer = setInterval(turn, resolutionMs);
      }
      const due = Math.ceil((performance.now() - originMs + Math.max(0, delayMs)) / resolutionMs);
      const entry: Entry = { callback, signal, tick: Math.max(due, tick + 1), place: undefined };
      file(entry);
      waiting += 1;
      return () => {
        if (!entry.place?.delete(entry)) return;
        entry.place = undefined;
        waiting -= 1;
      };
    },
  };
}
