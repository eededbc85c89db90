import type { FieldError } from '../errors.js';

/** The one wording of every field error: constructors as in Kubernetes' `field` package. */

/** `path` is the field's: `spec.containers[0].name`. */
export function required(path: string, detail = ''): FieldError {
  return { field: path, type: 'FieldValueRequired', message: withDetail('Required value', detail) };
}

/** The value is shown as Go shows it: strings quoted, structures as JSON. */
export function invalidValue(path: string, value: unknown, detail = ''): FieldError {
  return { field: path, type: 'FieldValueInvalid', message: withDetail(`Invalid value: ${showValue(value)}`, detail) };
}

/** `Unsupported value: "x": supported values: "a", "b"`. */
export function notSupported(path: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`;
  return {
    field: path,
    type: 'FieldValueNotSupported',
    message: withDetail(`Unsupported value: ${showValue(value)}`, detail),
  };
}

export function duplicate(path: string, value: unknown): FieldError {
  return { field: path, type: 'FieldValueDuplicate', message: `Duplicate value: ${showValue(value)}` };
}

export function notFoundValue(path: string, value: unknown, detail = ''): FieldError {
  const message = `Not found: ${showValue(value)}`;
  return { field: path, type: 'FieldValueNotFound', message: detail === '' ? message : `${message}: ${detail}` };
}

export function forbidden(path: string, detail: string): FieldError {
  return { field: path, type: 'FieldValueForbidden', message: withDetail('Forbidden', detail) };
}

/** The value itself is left out, being long. */
export function tooLong(path: string, maxBytes: number): FieldError {
  return { field: path, type: 'FieldValueTooLong', message: `Too long: may not be more than ${maxBytes} bytes` };
}

export function tooMany(path: string, actual: number, max: number): FieldError {
  return { field: path, type: 'FieldValueTooMany', message: `Too many: ${actual}: must have at most ${max} items` };
}

/** One Invalid per text; what name and label rules return. */
export function invalidEach(path: string, value: unknown, texts: readonly string[]): FieldError[] {
  return texts.map((text) => invalidValue(path, value, text));
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

function showValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\x07': '\\a',
};

/** A string as Go's `%q` prints it. */
export function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
  const escaped = text.replace(/["\\\x00-\x1f\x7f]/g, (character) => {
    const short = SHORT_ESCAPES[character];
    return short ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

/** As {@link invalidValue}, where the value is too long to be shown. */
export function invalidWithoutValue(path: string, detail: string): FieldError {
  return { field: path, type: 'FieldValueInvalid', message: `Invalid value: ${detail}` };
}
