import { quote } from '../validation/field-error.js';

/** Why a scalar's text cannot be read, in the words of Go's decoder. */
export class ScalarError extends Error {
  override readonly name = 'ScalarError';
}

const BASE64_CHARACTER = /[A-Za-z0-9+/]/;

/**
 * Standard base64 with its padding, as the API carries bytes. Line breaks are
 * allowed and dropped.
 * @throws ScalarError naming the first wrong byte
 */
export function canonicalBase64(text: string): string {
  const compact = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text;
  if (compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return compact;
  throw new ScalarError(`illegal base64 data at input byte ${firstIllegalByte(text)}`);
}

function firstIllegalByte(text: string): number {
  let inGroup = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '\n' || character === '\r') continue;
    if (BASE64_CHARACTER.test(character)) {
      inGroup = (inGroup + 1) % 4;
      continue;
    }
    if (character !== '=' || inGroup < 2) return i;
    return illegalPadding(text, i, inGroup);
  }
  // A group that ends early is reported where it began.
  return text.length - inGroup;
}

/** `at` is the first '=' after two or three characters of a group. */
function illegalPadding(text: string, at: number, inGroup: number): number {
  let rest = at + 1;
  const skipBreaks = () => {
    while (text[rest] === '\n' || text[rest] === '\r') rest++;
  };
  skipBreaks();
  if (inGroup === 2) {
    if (rest >= text.length) return text.length;
    if (text[rest] !== '=') return rest - 1;
    rest++;
    skipBreaks();
  }
  return rest;
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;
const LAYOUTS = { seconds: '2006-01-02T15:04:05Z07:00', micros: '2006-01-02T15:04:05.000000Z07:00' };

/**
 * RFC 3339 in, UTC out: whole seconds for Time, six digits for MicroTime.
 * @throws ScalarError
 */
export function canonicalTimestamp(text: string, precision: 'seconds' | 'micros'): string {
  const match = TIMESTAMP.exec(text);
  if (match === null) throw timestampError(text, LAYOUTS[precision]);
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] = match;
  checkRange(text, 'month', Number(month), 1, 12);
  checkRange(text, 'day', Number(day), 1, daysInMonth(Number(year), Number(month)));
  checkRange(text, 'hour', Number(hour), 0, 23);
  checkRange(text, 'minute', Number(minute), 0, 59);
  checkRange(text, 'second', Number(second), 0, 59);
  let seconds = text.slice(0, 19);
  if (zone !== 'Z') seconds = new Date(`${seconds}${zone}`).toISOString().slice(0, 19);
  return precision === 'seconds' ? `${seconds}Z` : `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function checkRange(text: string, what: string, value: number, min: number, max: number): void {
  if (value < min || value > max) throw new ScalarError(`parsing time ${quote(text)}: ${what} out of range`);
}

const TIMESTAMP_PARTS: readonly (readonly [string, RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d(?:[.,]\d+)?/],
  ['Z07:00', /^(?:Z|[+-]\d\d:\d\d)/],
];

function timestampError(text: string, layout: string): ScalarError {
  let rest = text;
  for (const [part, pattern] of TIMESTAMP_PARTS) {
    const match = pattern.exec(rest);
    if (match === null) {
      return new ScalarError(
        `parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(rest)} as "${part}"`,
      );
    }
    rest = rest.slice(match[0].length);
  }
  return new ScalarError(`parsing time ${quote(text)}: extra text: ${quote(rest)}`);
}
