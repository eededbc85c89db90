import { describe, expect, it } from 'vitest';
import { createRandom, relativeDifference } from './bootstrap.js';

describe('relativeDifference', () => {
  it('lies within its interval, which holds 0 where there is no difference beyond chance', () => {
    const same = relativeDifference([100, 110, 90, 105], [102, 95, 108, 99], createRandom('1'));
    expect(same.low).toBeLessThan(0);
    expect(same.high).toBeGreaterThan(0);
    const faster = relativeDifference([100, 101, 99], [150, 152, 148], createRandom('1'));
    expect(faster.value).toBeCloseTo(0.5, 6);
    expect(faster.low).toBeGreaterThan(0.4);
    expect(faster.high).toBeLessThan(0.6);
  });

  it('is the same for the same seed', () => {
    const of = (seed: string) => relativeDifference([1, 2, 3], [2, 3, 5], createRandom(seed));
    expect(of('a')).toEqual(of('a'));
    expect(of('a')).not.toEqual(of('b'));
  });
});
