import { expect, test } from 'vitest';
import { Turns } from './turns.js';

test('those of one key go one after another, each with what the one before left', async () => {
  const turns = new Turns<number>();
  let running = 0;
  const add = () =>
    turns.take('a', async (previous = 0) => {
      expect(++running).toBe(1);
      await Promise.resolve();
      running--;
      return { answer: previous + 1, left: previous + 1 };
    });
  expect(await Promise.all([add(), add(), add()])).toEqual([1, 2, 3]);
  expect(await add()).toBe(1);
});

test('others do not wait', async () => {
  const turns = new Turns<number>();
  let release = () => {};
  const slow = turns.take(
    'a',
    () =>
      new Promise<{ answer: string; left: number }>((resolve) => {
        release = () => resolve({ answer: 'slow', left: 1 });
      }),
  );
  expect(await turns.take('b', async () => ({ answer: 'fast', left: undefined }))).toBe('fast');
  await Promise.resolve();
  release();
  expect(await slow).toBe('slow');
});

test('one that fails does not fail the next', async () => {
  const turns = new Turns<number>();
  const failing = turns.take('a', () => Promise.reject(new Error('no')));
  const next = turns.take('a', async (previous) => ({ answer: previous, left: undefined }));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBeUndefined();
});
