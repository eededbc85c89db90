import { expect, it } from 'vitest';
import { ageOf, humanDuration } from './duration.js';

const M = 60;
const H = 60 * M;
const D = 24 * H;

it.each([
  [-2, '<invalid>'],
  [-1, '0s'],
  [-0.5, '0s'],
  [0, '0s'],
  [119, '119s'],
  [2 * M, '2m'],
  [5 * M + 20, '5m20s'],
  [10 * M + 20, '10m'],
  [3 * H - 1, '179m'],
  [3 * H + 4 * M, '3h4m'],
  [7 * H, '7h'],
  [8 * H + 30 * M, '8h'],
  [47 * H, '47h'],
  [2 * D + 5 * H, '2d5h'],
  [7 * D, '7d'],
  [8 * D + 5 * H, '8d'],
  [729 * D, '729d'],
  [730 * D, '2y'],
  [2 * 365 * D + 5 * D, '2y5d'],
  [8 * 365 * D + 5 * D, '8y'],
])('%d seconds are %s', (seconds, text) => {
  expect(humanDuration(seconds * 1000)).toBe(text);
});

it('counts from a timestamp', () => {
  expect(ageOf('2024-01-01T00:00:00Z', Date.parse('2024-01-01T00:05:20Z'))).toBe('5m20s');
  expect(ageOf(undefined, 0)).toBe('<unknown>');
});
