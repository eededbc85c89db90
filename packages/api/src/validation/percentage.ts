import type { FieldError } from '../errors.js';
import type { IntOrString } from '../generated/types.js';
import { invalidValue } from './field-error.js';

/** The number, whether of pods or of percent; a text that is no percentage counts as 0. */
export function amountOf(value: IntOrString | undefined): number {
  if (typeof value !== 'string') return value ?? 0;
  return /^\d+%$/.test(value) ? Number(value.slice(0, -1)) : 0;
}

export function atMost100Percent(path: string, value: IntOrString | undefined): FieldError[] {
  const isMore = typeof value === 'string' && amountOf(value) > 100;
  return isMore ? [invalidValue(path, value, 'must not be greater than 100%')] : [];
}
