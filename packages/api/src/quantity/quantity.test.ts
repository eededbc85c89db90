import { describe, expect, it } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  quantityFromMilli,
  quantityMilliValue,
  quantityValue,
  subtractQuantities,
} from './quantity.js';

describe('canonicalQuantity', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['0Ki', '0'],
    ['1', '1'],
    [1, '1'],
    [0.5, '500m'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['+5', '5'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['100m', '100m'],
    ['1000', '1k'],
    ['1500', '1500'],
    ['1024', '1024'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['1.1Ki', '1127'],
    ['1e3', '1e3'],
    ['12e2', '1200'],
    ['12e4', '120e3'],
    ['1E3', '1e3'],
    ['1E', '1E'],
    ['1e-3', '1e-3'],
    ['123456789', '123456789'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['1u', '1u'],
    ['-200Mi', '-200Mi'],
    ['9223372036854775807', '9223372036854775807'],
    ['100E', '9223372036854775807'],
    ['8Ei', '9223372036854775807'],
  ])('%s is %s', (text, expected) => {
    expect(canonicalQuantity(text)).toBe(expected);
  });

  it.each([
    ['', /match the regular expression/],
    ['abc', /match the regular expression/],
    ['1 Gi', /match the regular expression/],
    ['10x', /match the regular expression/],
    ['1.2.3', /match the regular expression/],
    ['--1', /unable to parse quantity's suffix/],
    ['10GI', /match the regular expression/],
    ['10ki', /unable to parse quantity's suffix/],
    ['10MM', /unable to parse quantity's suffix/],
    ['1K', /unable to parse quantity's suffix/],
    ['Ki', /unable to parse numeric part/],
    ['.', /unable to parse numeric part/],
  ])('refuses %j', (text, message) => {
    expect(() => canonicalQuantity(text)).toThrow(message);
  });
});

describe('quantity arithmetic', () => {
  it.each([
    ['100m', '0.1', 0],
    ['1Gi', '1G', 1],
    ['999m', '1', -1],
    ['9223372036854775806', '9223372036854775807', -1],
  ])('compares %s with %s', (a, b, expected) => {
    expect(compareQuantities(a, b)).toBe(expected);
  });

  it('adds and subtracts in the format of the first', () => {
    expect(addQuantities('100m', '200m')).toBe('300m');
    expect(addQuantities('1Gi', '512Mi')).toBe('1536Mi');
    expect(addQuantities('0', '512Mi')).toBe('512Mi');
    expect(subtractQuantities('2', '1500m')).toBe('500m');
    expect(subtractQuantities('1Gi', '1Gi')).toBe('0');
  });

  it('rounds up to units and thousandths', () => {
    expect(quantityValue('1500m')).toBe(2);
    expect(quantityValue('1Gi')).toBe(1073741824);
    expect(quantityMilliValue('0.1005')).toBe(101);
    expect(quantityMilliValue('-1500u')).toBe(-2);
    expect(quantityFromMilli(2500)).toBe('2500m');
  });
});
