import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createInFlight } from './in-flight.js';

const { signal } = new AbortController();
const alice = { user: { name: 'alice' }, signal };
const bob = { user: { name: 'bob' }, signal };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('lets what is too much wait, in the order in which it came', async () => {
  const inFlight = createInFlight({ mutating: 2 });
  const leave = [await inFlight.enter('mutating', alice), await inFlight.enter('mutating', alice)];
  const entered: string[] = [];
  const waiting = ['a', 'b'].map(async (name) => {
    const leaveLater = await inFlight.enter('mutating', alice);
    entered.push(name);
    return leaveLater;
  });
  await inFlight.enter('readOnly', alice);
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
  const leave = await inFlight.enter('mutating', alice);
  const gone = new AbortController();
  const tooLong = expect(inFlight.enter('mutating', alice)).rejects.toMatchObject({ reason: 'TooManyRequests' });
  const hungUp = expect(inFlight.enter('mutating', { ...alice, signal: gone.signal })).rejects.toMatchObject({
    reason: 'TooManyRequests',
  });
  gone.abort();
  await hungUp;
  await vi.advanceTimersByTimeAsync(1000);
  await tooLong;
  leave();
  expect(inFlight.mutating).toBe(0);
  (await inFlight.enter('mutating', alice))();
  expect(inFlight.mutating).toBe(0);
});

it('refuses at once where too many wait already', async () => {
  const inFlight = createInFlight({ readOnly: 1 });
  const leave = await inFlight.enter('readOnly', alice);
  const waiting = Array.from({ length: 1000 }, () => inFlight.enter('readOnly', alice));
  await expect(inFlight.enter('readOnly', alice)).rejects.toMatchObject({ reason: 'TooManyRequests' });
  leave();
  for (const next of waiting) (await next)();
  expect(inFlight.readOnly).toBe(0);
});

it('lets the users take turns', async () => {
  const inFlight = createInFlight({ mutating: 1 });
  const leave = await inFlight.enter('mutating', alice);
  const entered: string[] = [];
  const waiting = [alice, alice, alice, bob, bob].map(async (who) => {
    const leaveLater = await inFlight.enter('mutating', who);
    entered.push(who.user.name);
    leaveLater();
  });
  leave();
  await Promise.all(waiting);
  expect(entered).toEqual(['alice', 'bob', 'alice', 'bob', 'alice']);
  expect(inFlight.mutating).toBe(0);
});

it('refuses him who has the most waiting for the sake of another', async () => {
  const inFlight = createInFlight({ mutating: 1 });
  const leave = await inFlight.enter('mutating', alice);
  const many = Array.from({ length: 1000 }, () => inFlight.enter('mutating', alice));
  const refused = expect(many.at(-1)).rejects.toMatchObject({ reason: 'TooManyRequests' });
  const other = inFlight.enter('mutating', bob);
  await refused;
  leave();
  (await (many[0] as Promise<() => void>))();
  (await other)();
  for (const next of many.slice(1, -1)) (await next)();
  expect(inFlight.mutating).toBe(0);
});
