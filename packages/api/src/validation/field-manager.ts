import type { FieldError } from '../errors.js';
import { invalidValue, tooLong } from './field-error.js';

/** In UTF-8, as Kubernetes counts it. */
export const MAX_FIELD_MANAGER_BYTES = 128;

const ALL_PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

/** Go's unicode.IsPrint for every character: no white space but the plain space. */
export function isPrintable(text: string): boolean {
  return ALL_PRINTABLE.test(text);
}

/** What is wrong with a field manager's name; "" is none given. */
export function validateFieldManager(manager: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > MAX_FIELD_MANAGER_BYTES) errors.push(tooLong(path, MAX_FIELD_MANAGER_BYTES));
  if (isPrintable(manager)) return errors;
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.push(invalidValue(path, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}
