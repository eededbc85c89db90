const IN_TESTS = process.env.NODE_ENV === 'test' || process.env.VITEST !== undefined;

/**
 * Freezes an object all the way down, in tests alone: who writes to what an
 * informer handed out finds out there, and nobody pays for it elsewhere.
 */
export function freezeInTests(value: unknown): void {
  if (IN_TESTS) freeze(value);
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
