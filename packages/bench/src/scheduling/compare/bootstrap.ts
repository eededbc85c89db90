/** A number and what it lies between in 95 of 100 cases. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 4000;

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32, the seed hashed by FNV-1a). */
export function createRandom(seed: string): () => number {
  let state = 2166136261;
  for (let index = 0; index < seed.length; index++) state = Math.imul(state ^ seed.charCodeAt(index), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * By how much the mean of `after` differs from that of `before`, as a share of
 * `before`, with the percentile bootstrap's interval of 95 %. Each holds one
 * figure a round: what differs from round to round is what is resampled.
 */
export function relativeDifference(
  before: readonly number[],
  after: readonly number[],
  random: () => number,
): Interval {
  const share = (a: readonly number[], b: readonly number[]): number => (mean(b) - mean(a)) / mean(a);
  const resampled = Array.from({ length: RESAMPLES }, () => share(resample(before, random), resample(after, random)));
  resampled.sort((a, b) => a - b);
  const at = (fraction: number): number => resampled[Math.round(fraction * (RESAMPLES - 1))] ?? Number.NaN;
  return { value: share(before, after), low: at(0.025), high: at(0.975) };
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function resample(values: readonly number[], random: () => number): number[] {
  return values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN);
}
