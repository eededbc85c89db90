import { describe, expect, it } from 'vitest';
import { runInFlight } from './in-flight.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('runInFlight', () => {
  it('does everything once, and never more at a time than asked for', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    const { latenciesMs } = await runInFlight(20, 4, async (index) => {
      running += 1;
      most = Math.max(most, running);
      await nextTurn();
      running -= 1;
      done.push(index);
    });
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(most).toBe(4);
    expect(latenciesMs).toHaveLength(20);
  });

  it('starts nothing more after a failure, waits for what runs, and throws it', async () => {
    let started = 0;
    let running = 0;
    const run = runInFlight(100, 3, async (index) => {
      started += 1;
      running += 1;
      await nextTurn();
      if (index !== 1) await nextTurn();
      running -= 1;
      if (index === 1) throw new Error('no');
    });
    await expect(run).rejects.toThrow('no');
    expect(running).toBe(0);
    expect(started).toBe(3);
  });
});
