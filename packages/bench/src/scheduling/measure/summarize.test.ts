import { describe, expect, it } from 'vitest';
import type { ObservedPod } from '../observe/observed-pod.js';
import { balanceOf, latenciesOf, throughputOf } from './summarize.js';
import { timelineOf } from './timeline.js';

describe('throughputOf', () => {
  it('gives a rate for each second, and the average of the whole time', () => {
    const events = [100, 200, 1100, 1200, 1300, 2500];
    const { samples, average, max, perc50 } = throughputOf(events, 0);
    expect(samples).toEqual([
      { atSeconds: 0, seconds: 1, pods: 2 },
      { atSeconds: 1, seconds: 1, pods: 3 },
      { atSeconds: 2, seconds: 0.5, pods: 1 },
    ]);
    expect({ average, max, perc50 }).toEqual({ average: 6 / 2.5, max: 3, perc50: 2 });
  });

  it('counts a last moment with the second before it', () => {
    const { samples } = throughputOf([500, 1050], 0);
    expect(samples).toEqual([{ atSeconds: 0, seconds: 1.05, pods: 2 }]);
  });

  it('has one rate where all was done within a second', () => {
    expect(throughputOf([1100, 1500], 1000)).toMatchObject({ average: 4, max: 4, perc99: 4 });
  });

  it('is not a number of nothing', () => {
    expect(throughputOf([], 5).average).toBeNaN();
  });
});

function pod(given: Partial<ObservedPod>): ObservedPod {
  const requests = { cpuMilli: 1000, memoryBytes: 100 };
  return { namespace: 'n', name: 'p', labels: {}, requests, sentMs: 0, attemptFailed: false, rebound: 0, ...given };
}

describe('balanceOf', () => {
  const nodes = ['a', 'b'].map((name) => ({ name, cpuMilli: 4000, memoryBytes: 200, pods: 10 }));

  it('counts pods that are on nodes, empty nodes among them, and what is elsewhere', () => {
    const pods = [
      pod({ node: 'a' }),
      pod({ node: 'a', goneMs: 3 }),
      pod({ node: 'a', goneMs: 1 }),
      pod({ node: 'a', boundMs: 3 }),
      pod({}),
      pod({ node: 'other' }),
    ];
    expect(balanceOf(nodes, pods, 2)).toMatchObject({
      nodes: 2,
      podsElsewhere: 1,
      pods: { min: 0, mean: 1, max: 2, standardDeviation: 1 },
      cpuShare: { min: 0, mean: 0.25, max: 0.5 },
      overcommitted: 0,
      podsByNode: [2, 0],
    });
  });

  it('tells of nodes with more than they have', () => {
    const pods = Array.from({ length: 3 }, () => pod({ node: 'b' }));
    expect(balanceOf(nodes, pods, 2).overcommitted).toBe(1);
  });
});

describe('latenciesOf', () => {
  it('is of the pods that went through the stage, and never below 0', () => {
    const latencies = latenciesOf([
      pod({ acceptedMs: 10, boundMs: 30 }),
      pod({ acceptedMs: 20, boundMs: 15 }),
      pod({}),
    ]);
    expect(latencies['created → bound']).toMatchObject({ count: 2, average: 22.5, max: 30 });
    expect(latencies['accepted → bound']).toMatchObject({ count: 2, average: 10, max: 20 });
    expect(latencies['bound → running']).toBeUndefined();
  });
});

describe('timelineOf', () => {
  const nodes = ['a', 'b'].map((name) => ({ name, cpuMilli: 4000, memoryBytes: 200, pods: 10 }));

  it('says for each stretch what was bound, how long it took, and how many pods the nodes had at its end', () => {
    const measured = [
      pod({ node: 'a', queuedMs: 10, decidedMs: 40, boundMs: 130 }),
      pod({ node: 'a', queuedMs: 10, decidedMs: 110, boundMs: 1500 }),
      pod({ node: 'b', queuedMs: 10, decidedMs: 210, boundMs: 1520 }),
      pod({}),
    ];
    const before = pod({ node: 'b', boundMs: -50, goneMs: 1510 });
    const timeline = timelineOf(measured, [...measured, before], nodes, { startMs: 0, endMs: 1520 });
    expect(timeline).toHaveLength(16);
    expect(timeline[0]).toMatchObject({
      atSeconds: 0,
      seconds: 0.1,
      pods: 0,
      stagesMs: {},
      nodePods: { min: 0, max: 1 },
    });
    expect(timeline[1]).toMatchObject({ pods: 1, stagesMs: { 'queued → decided': { perc50: 30 } } });
    expect(timeline[15]).toMatchObject({ pods: 2, stagesMs: { 'decided → bound': { perc50: 1350 } } });
    expect(timeline[15]?.seconds).toBeCloseTo(0.02);
    expect(timeline[15]?.nodePods).toMatchObject({ min: 1, max: 2 });
    expect(timeline[14]?.nodePods).toMatchObject({ min: 1, max: 2 });
    expect(timelineOf([], [], nodes, { startMs: 0, endMs: 3_000_000 })).toHaveLength(60);
  });
});
