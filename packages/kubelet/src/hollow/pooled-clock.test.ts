import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPooledClock } from './pooled-clock.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the pooled clock', () => {
  it('fires each once, in time, with one timer for all', async () => {
    const clock = createPooledClock(10);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('late'), 60_000);
    clock.setTimeout(() => fired.push('b'), 200);
    clock.setTimeout(() => fired.push('a'), 100);
    clock.setTimeout(() => fired.push('at once'), 0);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(20);
    expect(fired).toEqual(['at once']);
    await vi.advanceTimersByTimeAsync(200);
    expect(fired).toEqual(['at once', 'a', 'b']);
    await vi.advanceTimersByTimeAsync(59_700);
    expect(fired).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(120);
    expect(fired.at(-1)).toBe('late');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not fire what was cancelled, or whose signal has aborted', async () => {
    const clock = createPooledClock(10);
    const stop = new AbortController();
    let fired = 0;
    const cancel = clock.setTimeout(() => (fired += 1), 50);
    clock.setTimeout(() => (fired += 1), 50, stop.signal);
    cancel();
    cancel();
    stop.abort();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([fired, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('takes timers that timers set', async () => {
    const clock = createPooledClock(10);
    const times: number[] = [];
    const again = (): void => {
      times.push(performance.now());
      if (times.length < 5) clock.setTimeout(again, 10 * 512);
    };
    clock.setTimeout(again, 0);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(times).toHaveLength(5);
  });
});
