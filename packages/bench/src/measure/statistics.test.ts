import { describe, expect, it } from 'vitest';
import { median, quantile, rounded } from './statistics.js';

describe('statistics', () => {
  it('sorts by value before it picks', () => {
    expect(median([10, 9, 100])).toBe(10);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('interpolates between neighbours', () => {
    const samples = Array.from({ length: 101 }, (_, index) => index);
    expect(quantile(samples, 0.99)).toBe(99);
    expect(quantile([0, 10], 0.9)).toBe(9);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it('has nothing to say of no samples', () => {
    expect(median([])).toBeNaN();
  });

  it.each([
    [0.123456, 0.123],
    [12.3456, 12.3],
    [1234.56, 1235],
    [0, 0],
    [-27.24, -27.2],
  ])('rounds %d to %d', (value, expected) => {
    expect(rounded(value)).toBe(expected);
  });
});
