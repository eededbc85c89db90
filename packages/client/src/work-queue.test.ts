import { createManualClock, newTraceContext } from '@kubelab/runtime';
import { describe, expect, it } from 'vitest';
import { createWorkQueue } from './work-queue.js';

const forever = new AbortController().signal;

describe('createWorkQueue', () => {
  it('hands out each key once, in the order of adding', async () => {
    const queue = createWorkQueue();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.size).toBe(3);
    const keys = [await queue.next(forever), await queue.next(forever), await queue.next(forever)];
    expect(keys.map((item) => item?.key)).toEqual(['a', 'b', 'c']);
    expect(queue.size).toBe(0);
  });

  it('hands out a key that is being worked on only when that is over', async () => {
    const queue = createWorkQueue();
    queue.add('a');
    await queue.next(forever);
    queue.add('a');
    queue.add('a');
    expect(queue.size).toBe(0);
    const next = queue.next(forever);
    queue.add('b');
    expect((await next)?.key).toBe('b');
    const again = queue.next(forever);
    queue.done('a');
    expect((await again)?.key).toBe('a');
    queue.done('a');
    expect(queue.size).toBe(0);
  });

  it('keeps the newest trace, and the one that is there where none comes', async () => {
    const queue = createWorkQueue();
    const [first, second] = [newTraceContext(true), newTraceContext(true)];
    queue.add('a', first);
    queue.add('a', second);
    queue.add('a');
    queue.add('b', first);
    queue.add('b');
    expect((await queue.next(forever))?.trace).toBe(second);
    expect((await queue.next(forever))?.trace).toBe(first);
    queue.add('a', second);
    queue.add('a');
    queue.done('a');
    expect((await queue.next(forever))?.trace).toBe(second);
  });

  it('delays a key by the shortest of its delays', async () => {
    const clock = createManualClock();
    const queue = createWorkQueue({ clock });
    const trace = newTraceContext(true);
    queue.addAfter('a', 100);
    queue.addAfter('a', 50, trace);
    queue.addAfter('a', 200);
    queue.addAfter('b', 0);
    expect(queue.size).toBe(1);
    await clock.advance(49);
    expect(queue.size).toBe(1);
    await clock.advance(1);
    expect(queue.size).toBe(2);
    await clock.advance(1_000);
    expect(queue.size).toBe(2);
    await queue.next(forever);
    expect(await queue.next(forever)).toMatchObject({ key: 'a', trace });
  });

  it('lets go of who waits when the signal aborts, and loses no key to them', async () => {
    const queue = createWorkQueue();
    const stop = new AbortController();
    const waiting = queue.next(stop.signal);
    const patient = queue.next(forever);
    stop.abort();
    expect(await waiting).toBeUndefined();
    queue.add('a');
    expect((await patient)?.key).toBe('a');
    expect(await queue.next(stop.signal)).toBeUndefined();
  });

  it('forgets its timers when cleared', () => {
    const clock = createManualClock();
    const queue = createWorkQueue({ clock });
    queue.addAfter('a', 10);
    queue.clear();
    expect(clock.pending).toBe(0);
  });

  it('never has a key twice at work, and works on the last of every key that was added', async () => {
    const queue = createWorkQueue();
    const stop = new AbortController();
    const working = new Set<string>();
    const added = new Map<string, number>();
    const worked = new Map<string, number>();
    // A fixed sequence of pseudo-random numbers: the test is the same each time.
    let seed = 42;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    const worker = async () => {
      for (let item = await queue.next(stop.signal); item; item = await queue.next(stop.signal)) {
        expect(working.has(item.key)).toBe(false);
        working.add(item.key);
        worked.set(item.key, added.get(item.key) ?? 0);
        for (let turn = random(4); turn > 0; turn--) await Promise.resolve();
        working.delete(item.key);
        queue.done(item.key);
      }
    };
    const workers = [worker(), worker(), worker()];
    for (let step = 1; step <= 5_000; step++) {
      const key = `key-${random(7)}`;
      added.set(key, step);
      queue.add(key);
      if (random(3) === 0) await Promise.resolve();
    }
    await expect.poll(() => Object.fromEntries(worked)).toEqual(Object.fromEntries(added));
    stop.abort();
    await Promise.all(workers);
  });
});
