import { expect, it } from 'vitest';
import { warningHeaders } from './warning-headers.js';

it('are whole while they are few', () => {
  expect(warningHeaders(new Set(['one', 'x'.repeat(4000)]))).toEqual(['299 - "one"', `299 - "${'x'.repeat(4000)}"`]);
});

it('are cut, and the last left out, where they are too many', () => {
  const many = new Set(Array.from({ length: 100_000 }, (_, index) => `${index} ${'x'.repeat(300)}`));
  const headers = warningHeaders(many);
  expect(headers).toHaveLength(16);
  expect(headers[0]).toBe(`299 - "0 ${'x'.repeat(254)}"`);
});
