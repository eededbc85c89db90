import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCallLimit } from './call-limit.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the limit of calls for pods', () => {
  it('is halved while heartbeats are slow, once a second, down to the least', () => {
    const limit = createCallLimit({ least: 10, most: 64, slowMs: 1_000 });
    limit.heartbeatTook(1_001);
    limit.heartbeatTook(5_000);
    expect(limit.value).toBe(32);
    const after: number[] = [];
    for (let second = 0; second < 3; second += 1) {
      vi.advanceTimersByTime(1_000);
      limit.heartbeatTook(5_000);
      after.push(limit.value);
    }
    expect(after).toEqual([16, 10, 10]);
  });

  it('grows with every heartbeat that is not, up to the most', () => {
    const limit = createCallLimit({ least: 1, most: 64, slowMs: 1_000 });
    limit.heartbeatTook(2_000);
    limit.heartbeatTook(10);
    limit.heartbeatTook(1_000);
    expect(limit.value).toBe(34);
    for (let beat = 0; beat < 100; beat += 1) limit.heartbeatTook(10);
    expect(limit.value).toBe(64);
  });
});
