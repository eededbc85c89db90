import { expect, it } from 'vitest';
import { AsyncQueue } from './async-queue.js';

it('delivers in order, what came before and what comes while waiting', async () => {
  const queue = new AsyncQueue<number>({ capacity: 10 });
  queue.push(1);
  queue.push(2);
  expect(await queue.next()).toEqual({ value: 1, done: false });
  expect(await queue.next()).toEqual({ value: 2, done: false });
  const third = queue.next();
  queue.push(3);
  expect(await third).toEqual({ value: 3, done: false });
});

it('takes no more than its capacity, and again once there is room', async () => {
  const queue = new AsyncQueue<number>({ capacity: 2 });
  expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false]);
  await queue.next();
  expect(queue.push(4)).toBe(true);
  expect(queue.size).toBe(2);
});

it('keeps order over many items', async () => {
  const queue = new AsyncQueue<number>({ capacity: 5_000 });
  const seen: number[] = [];
  for (let item = 0; item < 5_000; item++) queue.push(item);
  queue.close();
  for await (const item of queue) seen.push(item);
  expect(seen).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
});

it('delivers what waits before the error, and the error once', async () => {
  const queue = new AsyncQueue<number>({ capacity: 2 });
  queue.push(1);
  queue.close(new Error('lost'));
  expect(queue.push(2)).toBe(false);
  expect(await queue.next()).toEqual({ value: 1, done: false });
  await expect(queue.next()).rejects.toThrow('lost');
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});

it('ends a reader that waits', async () => {
  const queue = new AsyncQueue<number>({ capacity: 2 });
  const next = queue.next();
  queue.close();
  expect((await next).done).toBe(true);
});

it('drops what waits when the reader leaves', async () => {
  const queue = new AsyncQueue<number>({ capacity: 2 });
  queue.push(1);
  for await (const item of queue) {
    expect(item).toBe(1);
    queue.push(2);
    break;
  }
  expect(queue.size).toBe(0);
  expect(queue.push(3)).toBe(false);
});
