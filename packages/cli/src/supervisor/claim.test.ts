import { expect, test } from 'vitest';
import { claimSupervision } from './claim.js';

test('a state directory is claimed once, and another one besides', async () => {
  const stateDir = `/nowhere/claim-${process.pid}`;
  expect(await claimSupervision(stateDir)).toBe(true);
  expect(await claimSupervision(stateDir)).toBe(false);
  expect(await claimSupervision(`${stateDir}-2`)).toBe(true);
});
