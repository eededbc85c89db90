import { expect, it } from 'vitest';
import { unhealthyMessage } from './unhealthy-message.js';

it.each([
  ['failure', 'Readiness probe failed: no such file'],
  ['error', 'Readiness probe errored and resulted in unknown state: no such file'],
] as const)('names the probe and what came of it: %s', (outcome, message) => {
  expect(unhealthyMessage('readiness', { outcome, output: 'no such file' })).toBe(message);
});
