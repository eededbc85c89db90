import { createManualClock } from '@kubelab/runtime';
import { describe, expect, test } from 'vitest';
import { PendingWrites } from './pending-writes.js';

function setUp() {
  const clock = createManualClock();
  const shown = new Set<string>();
  const pending = new PendingWrites(clock);
  return { clock, shown, pending, add: (owner: string, id: string) => pending.add(owner, id, () => shown.has(id)) };
}

describe('what was written and is not shown yet', () => {
  test('is waited for until the cache shows it', () => {
    const { pending, shown, add } = setUp();
    expect(pending.waitMs('a')).toBe(0);
    add('a', 'one');
    add('a', 'two');
    shown.add('one');
    expect(pending.waitMs('a')).toBe(300_000);
    expect(pending.waitMs('b')).toBe(0);
    shown.add('two');
    expect(pending.waitMs('a')).toBe(0);
    shown.clear();
    expect(pending.waitMs('a')).toBe(0);
  });

  test('is not waited for where it is shown already', () => {
    const { pending, shown, add } = setUp();
    shown.add('one');
    add('a', 'one');
    shown.clear();
    expect(pending.waitMs('a')).toBe(0);
  });

  test('is over when an event has told, though it is gone again', () => {
    const { pending, add } = setUp();
    add('a', 'one');
    add('a', 'two');
    pending.seen('a', 'one');
    expect(pending.waitMs('a')).toBeGreaterThan(0);
    pending.seen('a', 'two');
    expect(pending.waitMs('a')).toBe(0);
    pending.seen('a', 'unknown');
  });

  test('goes with its owner', () => {
    const { pending, add } = setUp();
    add('a', 'one');
    pending.seen('a');
    expect(pending.waitMs('a')).toBe(0);
  });

  test('is forgotten after five minutes, and says when to look again', async () => {
    const { pending, clock, add } = setUp();
    add('a', 'one');
    await clock.advance(200_000);
    add('a', 'two');
    expect(pending.waitMs('a')).toBe(300_000);
    await clock.advance(99_999);
    expect(pending.waitMs('a')).toBe(200_001);
    await clock.advance(1);
    expect(pending.waitMs('a')).toBe(200_000);
    await clock.advance(200_000);
    expect(pending.waitMs('a')).toBe(0);
  });
});
