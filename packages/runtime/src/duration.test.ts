import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['40s', 40_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['100ms', 100],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['250us', 0.25],
    ['0', 0],
    ['-2s', -2_000],
    ['2h3m4.5s', 7_384_500],
  ])('reads %s', (text, expected) => expect(parseDuration(text)).toBeCloseTo(expected, 6));

  it.each(['', '40', 's', '1x', '1s ', '1s2', '1 s', '--1s', 'Infinity'])('refuses "%s"', (text) => {
    expect(() => parseDuration(text)).toThrow(`"${text}"`);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [40_000, '40s'],
    [90_000, '1m30s'],
    [3_600_000, '1h0m0s'],
    [1_500, '1.5s'],
    [-2_000, '-2s'],
  ])('writes %d', (durationMs, expected) => expect(formatDuration(durationMs)).toBe(expected));

  it('is read back as it was', () => {
    for (const durationMs of [1, 999, 1_000, 61_001, 3_599_999, 90_061_234]) {
      expect(parseDuration(formatDuration(durationMs))).toBeCloseTo(durationMs, 6);
    }
  });
});
