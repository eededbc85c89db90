import { expect, test } from 'vitest';
import { requestTimeoutOf } from './parameters.js';

test.each([
  ['', 60_000],
  ['timeout=', 60_000],
  ['timeout=0', 60_000],
  ['timeout=0s', 60_000],
  ['timeout=5s', 5_000],
  ['timeout=1m30s', 60_000],
])('a request with "%s" may take %d ms', (query, expected) => {
  expect(requestTimeoutOf(new URLSearchParams(query), 60_000)).toBe(expected);
});
