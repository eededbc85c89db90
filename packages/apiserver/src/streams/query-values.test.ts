import { expect, test } from 'vitest';
import { booleanOf, integerOf, timeOf } from './query-values.js';

const query = (text: string) => new URLSearchParams(text);

test.each([
  ['', false],
  ['tty', true],
  ['tty=', true],
  ['tty=1', true],
  ['tty=true', true],
  ['tty=anything', true],
  ['tty=0', false],
  ['tty=false', false],
  ['tty=FALSE', false],
])('%s is %s', (text, expected) => {
  expect(booleanOf(query(text), 'tty')).toBe(expected);
});

test('integers', () => {
  expect(integerOf(query(''), 'n')).toBeUndefined();
  expect(integerOf(query('n=-12'), 'n')).toBe(-12);
  expect(() => integerOf(query('n=1.5'), 'n')).toThrow('strconv.ParseInt: parsing "1.5": invalid syntax');
  expect(() => integerOf(query('n='), 'n')).toThrow('strconv.ParseInt: parsing "": invalid syntax');
  expect(() => integerOf(query('n=99999999999999999999'), 'n')).toThrow('value out of range');
});

test('times', () => {
  expect(timeOf(query(''), 't')).toBe('');
  expect(timeOf(query('t=2024-01-02T03:04:05.678Z'), 't')).toBe('2024-01-02T03:04:05.678Z');
  expect(timeOf(query('t=2024-01-02T03:04:05%2B01:00'), 't')).toBe('2024-01-02T03:04:05+01:00');
  expect(() => timeOf(query('t=yesterday'), 't')).toThrow('parsing time "yesterday"');
  expect(() => timeOf(query('t=2024-13-02T03:04:05Z'), 't')).toThrow('parsing time');
});
