import { describe, expect, test } from 'vitest';
import { resolveIntOrPercent } from './fraction.js';

describe('a share of a total', () => {
  test.each([
    [undefined, 10, 0, 0],
    [0, 10, 0, 0],
    [3, 10, 3, 3],
    ['0%', 10, 0, 0],
    ['25%', 4, 1, 1],
    ['25%', 3, 1, 0],
    ['25%', 10, 3, 2],
    ['30%', 10, 3, 3],
    ['33%', 1, 1, 0],
    ['100%', 7, 7, 7],
    ['150%', 4, 6, 6],
    ['1%', 1_000, 10, 10],
    ['7%', 100, 7, 7],
    ['29%', 100, 29, 29],
    ['10%', 0, 0, 0],
    ['5', 10, 5, 5],
    ['x', 10, 0, 0],
  ])('%s of %i is %i up, %i down', (value, total, up, down) => {
    expect(resolveIntOrPercent(value, total, 'up')).toBe(up);
    expect(resolveIntOrPercent(value, total, 'down')).toBe(down);
  });
});
