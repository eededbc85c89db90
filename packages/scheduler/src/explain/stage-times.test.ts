import { describe, expect, it } from 'vitest';
import { StageTimes } from './stage-times.js';

function setUp(capacity = 4) {
  let nowMs = 1_000;
  const times = new StageTimes({ capacity, now: () => nowMs });
  return { times, at: (ms: number) => (nowMs = ms) };
}

describe('StageTimes', () => {
  it('keeps nothing until somebody asks, then each decision once', () => {
    const { times, at } = setUp();
    times.decided('n/early', 900, 1);
    expect(times.since(0)).toEqual({ nowMs: 1_000, next: 0, lost: 0, pods: [] });
    at(1_005);
    times.decided('n/a', 1_001, 1);
    times.decided('n/b', 1_002, 2);
    const answer = times.since(0);
    expect(answer.pods).toEqual([
      { pod: 'n/a', queuedMs: 1_001, decidedMs: 1_005, attempts: 1 },
      { pod: 'n/b', queuedMs: 1_002, decidedMs: 1_005, attempts: 2 },
    ]);
    times.decided('n/c', 1_003, 1);
    expect(times.since(answer.next).pods.map(({ pod }) => pod)).toEqual(['n/c']);
  });

  it('tells how many it has forgotten', () => {
    const { times } = setUp();
    const { next } = times.since(0);
    for (let index = 0; index < 6; index++) times.decided(`n/${index}`, 0, 1);
    const answer = times.since(next);
    expect(answer.lost).toBe(2);
    expect(answer.pods.map(({ pod }) => pod)).toEqual(['n/2', 'n/3', 'n/4', 'n/5']);
  });

  it('keeps nothing more once nobody has asked for a minute', () => {
    const { times, at } = setUp();
    times.since(0);
    times.decided('n/a', 0, 1);
    at(62_000);
    times.decided('n/b', 0, 1);
    const answer = times.since(1);
    expect(answer).toMatchObject({ next: 1, lost: 0, pods: [] });
    times.decided('n/c', 0, 1);
    expect(times.since(answer.next).pods).toMatchObject([{ pod: 'n/c' }]);
  });
});
