import { expect, test } from 'vitest';
import { inBatches } from './in-batches.js';

const items = Array.from({ length: 20 }, (_, index) => index);
const never = new AbortController().signal;

test('batches double', async () => {
  const batches: number[][] = [];
  let open: number[] | undefined;
  await inBatches(
    items,
    async (item) => {
      open ??= [];
      open.push(item);
      await Promise.resolve();
      if (open) batches.push(open);
      open = undefined;
    },
    never,
  );
  expect(batches.map(({ length }) => length)).toEqual([1, 2, 4, 8, 5]);
  expect(batches.flat()).toEqual(items);
});

test('a failure ends it after its batch', async () => {
  const tried: number[] = [];
  const work = async (item: number) => {
    tried.push(item);
    if (item === 2) throw new Error('no');
  };
  await expect(inBatches(items, work, never)).rejects.toThrow('no');
  expect(tried).toEqual([0, 1, 2]);
});

test('an abort ends it before the next batch', async () => {
  const stop = new AbortController();
  const tried: number[] = [];
  const work = async (item: number) => {
    tried.push(item);
    if (item === 4) stop.abort(new Error('stopped'));
  };
  await expect(inBatches(items, work, stop.signal)).rejects.toThrow('stopped');
  expect(tried).toEqual([0, 1, 2, 3, 4, 5, 6]);
});
