import { describe, expect, it } from 'vitest';
import type { Machine } from '../../measure/machine.js';
import { compareRounds } from '../compare/compare-rounds.js';
import { compareText } from '../compare/compare-text.js';
import type { Measurement } from '../measure/measurement.js';
import { distribution, spreadOf, throughputOf } from '../measure/summarize.js';
import { timelineOf } from '../measure/timeline.js';
import type { ObservedPod } from '../observe/observed-pod.js';
import { reportJson } from './data-items.js';
import { reportPage } from './report-page.js';
import { reportText } from './report-text.js';
import type { SchedulingReport } from './scheduling-report.js';

const machine: Machine = {
  cpus: 2,
  cpuModel: 'a <fast> one',
  memoryGb: 8,
  kernel: '6',
  node: '20',
  etcd: '3',
  docker: '20',
  loadBefore: 0.5,
};

function measurement(latencyMs: number, more: Partial<Measurement> = {}): Measurement {
  const bound = [1, 2, 3, 4].map((factor) => factor * latencyMs);
  return {
    name: 'Case/Size/namespace-1',
    seconds: (latencyMs * 4) / 1000,
    pods: 4,
    bound: 4,
    rebound: 0,
    failedFirst: 0,
    throughput: throughputOf(bound, 0),
    latenciesMs: { 'created → bound': distribution(bound) },
    boundLatenciesMs: bound,
    balance: {
      nodes: 2,
      podsElsewhere: 0,
      pods: spreadOf([1, 3]),
      cpuShare: spreadOf([0.1, 0.3]),
      memoryShare: spreadOf([0, 0]),
      overcommitted: 0,
      podsByNode: [1, 3],
    },
    timeline: timelineOf(
      bound.map((boundMs, index) => ({
        ...observed,
        node: index === 0 ? 'a' : 'b',
        queuedMs: 1,
        decidedMs: 2,
        boundMs,
      })),
      [],
      [],
      { startMs: 0, endMs: latencyMs * 4 },
    ),
    notes: [],
    processes: [],
    ...more,
  };
}

const observed: ObservedPod = {
  namespace: 'n',
  name: 'p',
  labels: {},
  requests: { cpuMilli: 0, memoryBytes: 0 },
  sentMs: 0,
  attemptFailed: false,
  rebound: 0,
};

const report = (each: Measurement): SchedulingReport => ({
  workload: 'Case/Size',
  cluster: 'here',
  seed: '1',
  machine,
  measurements: [each],
});

/** Elements that are not closed, or closed without having been opened. */
function openTags(page: string): string[] {
  const open: string[] = [];
  for (const [, closing, name = '', selfClosing] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/gi)) {
    if (selfClosing || name === 'meta') continue;
    if (!closing) open.push(name);
    else if (open.at(-1) === name) open.pop();
    else open.push(`/${name}`);
  }
  return open;
}

/** Of the charts' view box. */
function expectWithin(x: number, y: number): void {
  expect(x).toBeGreaterThanOrEqual(0);
  expect(x).toBeLessThanOrEqual(640);
  expect(y).toBeGreaterThanOrEqual(0);
  expect(y).toBeLessThanOrEqual(260);
}

describe('the report', () => {
  it('is told as a table', () => {
    const text = reportText(report(measurement(100)));
    expect(text).toContain('Case/Size/namespace-1: 4 of 4 pods bound in 0.4 s');
    expect(text).toMatch(/throughput, pods\/s +10 /);
    expect(text).toMatch(/created → bound, ms +250 +250 /);
    expect(text).toMatch(/pods +1 +2 +3 +1\n/);
  });

  it('tells what must not be in capitals', () => {
    const balance = { ...measurement(1).balance, overcommitted: 3 };
    const text = reportText(report(measurement(100, { rebound: 2, bound: 3, balance })));
    expect(text).toContain('1 not bound, 2 BOUND TWICE, 3 NODES OVERCOMMITTED');
  });

  it("is JSON of perf-dashboard's data items, all of whose data are numbers", () => {
    const { version, dataItems } = JSON.parse(reportJson(report(measurement(100, { latenciesMs: {} }))));
    expect(version).toBe('v1');
    expect(dataItems[0]).toMatchObject({
      unit: 'pods/s',
      data: { Average: 10 },
      labels: { Name: 'Case/Size/namespace-1', Metric: 'SchedulingThroughput' },
    });
    for (const { data } of dataItems) for (const value of Object.values(data)) expect(typeof value).toBe('number');
  });

  it('is a page that a browser has nothing to complain of: no program, nothing loaded, no tag left open, all within its charts', () => {
    const processes = Array.from({ length: 20 }, (_, index) => ({
      name: `kubelet/node-${index} & <more>`,
      cpuSeconds: 1,
      cores: 0.1,
      peakMemoryBytes: 1e8,
      ended: false,
      samples: [1, 2, 3].map((atSeconds) => ({ atSeconds, cores: index / 10, memoryBytes: index * 1e7 })),
    }));
    const note = 'one <note>';
    const page = reportPage(report(measurement(100, { processes, notes: [note] })));
    expect(page).toContain('one &lt;note&gt;');
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|url\(|@import|(?:src|href)=/);
    expect(openTags(page)).toEqual([]);
    expect(page.match(/<svg /g)).toHaveLength(8);
    for (const [, x = '', y = ''] of page.matchAll(/ c?x\d?="([^"]+)" c?y\d?="([^"]+)"/g))
      expectWithin(Number(x), Number(y));
    for (const [, x, width] of page.matchAll(/<rect x="([^"]+)" y="[^"]+" width="([^"]+)"/g))
      expect(Number(x) + Number(width)).toBeLessThanOrEqual(640 - 20);
    for (const [, points = ''] of page.matchAll(/ points="([^"]+)"/g))
      for (const point of points.split(' ')) expectWithin(...(point.split(',').map(Number) as [number, number]));
  });

  it('is a page that escapes what it tells, and draws even where there is nothing', () => {
    const page = reportPage(report(measurement(100)));
    expect(page).toContain('a &lt;fast&gt; one');
    expect(page.match(/<svg /g)).toHaveLength(6);
    const nothing = measurement(100, { boundLatenciesMs: [], throughput: throughputOf([], 0) });
    expect(
      reportPage(report({ ...nothing, balance: { ...nothing.balance, podsByNode: [], pods: spreadOf([]) } })),
    ).not.toMatch(/NaN|Infinity/);
  });
});

describe('a comparison', () => {
  it('marks what differs beyond chance', () => {
    const rounds = (latencyMs: number): Measurement[][] =>
      [1, 1.02, 0.98].map((factor) => [measurement(latencyMs * factor)]);
    const parts = compareRounds(rounds(200), rounds(100), '1');
    const text = compareText(parts, ['a.yaml', 'b.yaml'], 3);
    expect(text).toMatch(/throughput, pods\/s .*\+\d+\.\d % .* \*\n/);
    expect(text).toMatch(/created → bound, p99, ms .*-50\.0 % .* \*\n/);
    expect(text).toMatch(/pods on a node, max +3 +3\n/);
  });
});
