import { ApiError } from '@kubelab/api';
import { createManualClock } from '@kubelab/runtime';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeats } from './heartbeats.js';

const nodes = Array.from({ length: 100 }, (_, index) => ({ name: `n${index}` }));
let stop: AbortController;

beforeEach(() => {
  stop = new AbortController();
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

/** Moves both clocks: turns are counted by the monotonic one. */
async function pass(clock: ReturnType<typeof createManualClock>, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    vi.advanceTimersByTime(1_000);
    await clock.advance(1_000);
  }
}

function start(beat: (node: { name: string }) => Promise<void>, concurrency = 512, clock = createManualClock()) {
  const log = pino({ level: 'silent' });
  const beats = new Heartbeats({ nodes, intervalMs: 10_000, beat, what: 'beat', concurrency, clock, log });
  const running = beats.run(stop.signal);
  return { clock, beats, running };
}

describe('heartbeats', () => {
  it('gives every node one turn in an interval, spread evenly', async () => {
    const turns: string[] = [];
    const { clock } = start(async ({ name }) => void turns.push(name));
    await pass(clock, 5);
    expect(turns).toHaveLength(50);
    await pass(clock, 15);
    expect(turns).toHaveLength(200);
    expect(new Set(turns).size).toBe(100);
  });

  it('gives one whose turn failed another soon', async () => {
    const turns: string[] = [];
    const { clock } = start(async ({ name }) => {
      turns.push(name);
      if (turns.length === 1) throw new ApiError('ServiceUnavailable', 'not now');
    });
    await pass(clock, 4);
    expect(turns.filter((name) => name === 'n0')).toHaveLength(2);
  });

  it('does not give a node a turn while it has one', async () => {
    let underWay = 0;
    const { clock } = start(() => {
      underWay += 1;
      return new Promise(() => {});
    });
    await pass(clock, 40);
    expect(underWay).toBe(100);
  });

  it('lets no node wait for others where there are fewer turns than nodes', async () => {
    const turns = new Map(nodes.map(({ name }) => [name, 0]));
    const clock = createManualClock();
    const takeTwoSeconds = ({ name }: { name: string }) => {
      turns.set(name, (turns.get(name) ?? 0) + 1);
      return new Promise<void>((resolve) => clock.setTimeout(resolve, 2_000));
    };
    start(takeTwoSeconds, 10, clock);
    await pass(clock, 62);
    expect(Math.min(...turns.values())).toBeGreaterThanOrEqual(2);
    expect(Math.max(...turns.values())).toBeLessThanOrEqual(4);
  });

  it('gives a turn out of order where one is asked for', async () => {
    const turns: string[] = [];
    const { clock, beats } = start(async ({ name }) => void turns.push(name));
    beats.soon(nodes[99] as { name: string });
    await pass(clock, 1);
    expect(turns).toContain('n99');
  });
});
