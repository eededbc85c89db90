import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createInFlight } from './in-flight.js';

const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('lets what is too much wait, in the order in which it came', async () => {
  const inFlight = createInFlight({ mutating: 2 });
  const leave = [await inFlight.enter('mutating', signal), await inFlight.enter('mutating', signal)];
  const entered: string[] = [];
  const waiting = ['a', 'b'].map(async (name) => {
    const leaveLater = await inFlight.enter('mutating', signal);
    entered.push(name);
    return leaveLater;
  });
  await inFlight.enter('readOnly', signal);
  expect([entered, inFlight.mutating, inFlight.readOnly]).toEqual([[], 2, 1]);
  leave[0]?.();
  await waiting[0];
  expect([entered, inFlight.mutating]).toEqual([['a'], 2]);
  leave[1]?.();
  for (const later of await Promise.all(waiting)) later();
  expect([entered, inFlight.mutating]).toEqual([['a', 'b'], 0]);
});

it('refuses what has waited for too long, and what nobody waits for any more', async () => {
  const inFlight = createInFlight({ mutating: 1, waitMs: 1000 });
  const leave = await inFlight.enter('mutating', signal);
  const gone = new AbortController();
  const tooLong = expect(inFlight.enter('mutating', signal)).rejects.toMatchObject({ reason: 'TooManyRequests' });
  const hungUp = expect(inFlight.enter('mutating', gone.signal)).rejects.toMatchObject({ reason: 'TooManyRequests' });
  gone.abort();
  await hungUp;
  await vi.advanceTimersByTimeAsync(1000);
  await tooLong;
  leave();
  expect(inFlight.mutating).toBe(0);
  (await inFlight.enter('mutating', signal))();
  expect(inFlight.mutating).toBe(0);
});

it('refuses at once where too many wait already', async () => {
  const inFlight = createInFlight({ readOnly: 1 });
  const leave = await inFlight.enter('readOnly', signal);
  const waiting = Array.from({ length: 1000 }, () => inFlight.enter('readOnly', signal));
  await expect(inFlight.enter('readOnly', signal)).rejects.toMatchObject({ reason: 'TooManyRequests' });
  leave();
  for (const next of waiting) (await next)();
  expect(inFlight.readOnly).toBe(0);
});
