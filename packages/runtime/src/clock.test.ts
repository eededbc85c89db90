import { describe, expect, it } from 'vitest';
import { createBackoff } from './backoff.js';
import { sleep, systemClock } from './clock.js';
import { createManualClock } from './manual-clock.js';

describe('sleep', () => {
  it('ends when its time has come, and not before', async () => {
    const clock = createManualClock();
    let over = false;
    const sleeping = sleep(100, undefined, clock).then(() => {
      over = true;
    });
    await clock.advance(99);
    expect(over).toBe(false);
    await clock.advance(1);
    await sleeping;
  });

  it('rejects with the reason of its signal, and leaves no timer', async () => {
    const clock = createManualClock();
    const stop = new AbortController();
    const sleeping = sleep(100, stop.signal, clock);
    stop.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
    await expect(sleep(1, stop.signal, clock)).rejects.toThrow('enough');
  });
});

describe('the manual clock', () => {
  it('fires in order, and timers that timers set', async () => {
    const clock = createManualClock(0);
    const fired: string[] = [];
    clock.setTimeout(() => fired.push(`late at ${clock.now()}`), 20);
    clock.setTimeout(() => {
      fired.push(`early at ${clock.now()}`);
      clock.setTimeout(() => fired.push(`between at ${clock.now()}`), 5);
    }, 10);
    await clock.advance(30);
    expect(fired).toEqual(['early at 10', 'between at 15', 'late at 20']);
    expect(clock.now()).toBe(30);
  });

  it('does not fire what was cancelled or aborted', async () => {
    const clock = createManualClock();
    const stop = new AbortController();
    let fired = 0;
    const cancel = clock.setTimeout(() => fired++, 1);
    clock.setTimeout(() => fired++, 1, stop.signal);
    cancel();
    stop.abort();
    await clock.advance(10);
    expect(fired).toBe(0);
  });
});

it('the system clock does not fire what its signal aborted', async () => {
  const stop = new AbortController();
  let fired = false;
  systemClock.setTimeout(
    () => {
      fired = true;
    },
    1,
    stop.signal,
  );
  stop.abort();
  await sleep(10);
  expect(fired).toBe(false);
});

describe('createBackoff', () => {
  it('grows to its limit and starts again', () => {
    const backoff = createBackoff({ initialMs: 10, maxMs: 50, random: () => 0.5 });
    expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([10, 20, 40, 50]);
    expect(backoff.attempts).toBe(4);
    backoff.reset();
    expect(backoff.next()).toBe(10);
  });

  it('varies by its jitter, never beyond its limit', () => {
    for (const random of [0, 0.999]) {
      const backoff = createBackoff({ initialMs: 100, maxMs: 105, jitter: 0.2, random: () => random });
      const delayMs = backoff.next();
      expect(delayMs).toBeGreaterThanOrEqual(90);
      expect(delayMs).toBeLessThanOrEqual(105);
    }
  });
});
