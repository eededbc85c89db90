import { setImmediate } from 'node:timers/promises';
import { createManualClock } from '@kubelab/runtime';
import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.js';

describe('turns', () => {
  it('are given in order, so many before others get to work', async () => {
    const turn = createTurns({ batchSize: 2, clock: createManualClock() });
    const had: number[] = [];
    const all = [1, 2, 3, 4, 5].map((number) => turn().then(() => had.push(number)));
    const others: number[] = [];
    while (had.length < 5) {
      await setImmediate();
      others.push(had.length);
    }
    await Promise.all(all);
    expect(had).toEqual([1, 2, 3, 4, 5]);
    expect(others.length).toBeGreaterThan(2);
  });

  it('wait while too much is under way', async () => {
    const clock = createManualClock();
    let busy = true;
    const turn = createTurns({ isBusy: () => busy, clock });
    let had = false;
    const given = turn().then(() => {
      had = true;
    });
    await clock.advance(1_000);
    expect(had).toBe(false);
    busy = false;
    await clock.advance(100);
    await given;
    expect(had).toBe(true);
  });
});
