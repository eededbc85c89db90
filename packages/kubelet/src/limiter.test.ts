import { describe, expect, it } from 'vitest';
import { createLimiter } from './limiter.js';

const signal = new AbortController().signal;

/** Work that ends when told to. */
function job(): { readonly work: () => Promise<void>; readonly end: () => void } {
  let end = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => done, end };
}

describe('a limiter', () => {
  it('lets so many run, the lowest rank first', async () => {
    const limiter = createLimiter(1);
    const order: number[] = [];
    const first = job();
    const running = limiter.run(0, signal, first.work);
    const others = [3, 1, 2].map((rank) => limiter.run(rank, signal, async () => void order.push(rank)));
    first.end();
    await Promise.all([running, ...others]);
    expect(order).toEqual([1, 2, 3]);
  });

  it('goes on after a failure', async () => {
    const limiter = createLimiter(1);
    await expect(limiter.run(0, signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(limiter.run(0, signal, async () => 'yes')).resolves.toBe('yes');
  });

  it('forgets those that give up', async () => {
    const limiter = createLimiter(1);
    const first = job();
    const running = limiter.run(0, signal, first.work);
    const leaving = new AbortController();
    const left = limiter.run(1, leaving.signal, async () => 'never');
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    first.end();
    await running;
    await expect(limiter.run(0, signal, async () => 'yes')).resolves.toBe('yes');
  });
});
