import { randomInt } from 'node:crypto';

/** Numbers 0 to size − 1, and what they are called outside. */
export interface NumberRange {
  /** `10.96.0.0/12`, `30000-32767`. */
  readonly text: string;
  readonly size: number;
  /** The lowest numbers, which are only given out unasked when nothing else is left (KEP-3070, KEP-3668). */
  readonly reserved: number;
  /** Never given out: a network's own address. */
  readonly excluded: readonly number[];
}

const RANDOM_TRIES = 16;

/** A free number, by chance above the reserved ones as long as chance finds one; undefined when none is left. */
export function pickNumber(range: NumberRange, isFree: (number: number) => boolean): number | undefined {
  const { size, reserved, excluded } = range;
  const fits = (number: number) => !excluded.includes(number) && isFree(number);
  for (let i = 0; i < RANDOM_TRIES && reserved < size; i += 1) {
    const number = randomInt(reserved, size);
    if (fits(number)) return number;
  }
  for (let number = size - 1; number >= 0; number -= 1) if (fits(number)) return number;
  return undefined;
}
