import { describe, expect, it } from 'vitest';
import type { ReadonlyPod } from '../pod.js';
import {
  fraction,
  HOLLOW_ANNOTATIONS,
  type HollowSettings,
  parseDurationRange,
  planHollowPull,
  planHollowRun,
} from './hollow-behaviour.js';

const ZERO = { minMs: 0, maxMs: 0 };
const settings: HollowSettings = {
  seed: 'a',
  startDelay: { minMs: 100, maxMs: 900 },
  readyDelay: ZERO,
  runTime: undefined,
  completionTime: { minMs: 2_000, maxMs: 2_000 },
  stopDelay: ZERO,
  pullTime: { minMs: 1_000, maxMs: 5_000 },
  exitCode: 0,
  failureRate: 0,
  startFailureRate: 0,
};

function pod(name = 'p', annotations: Record<string, string> = {}, spec: object = {}): ReadonlyPod {
  const metadata = { name, namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '', annotations };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'main' }], ...spec } };
}

const names = Array.from({ length: 200 }, (_, index) => `p-${index}`);
const delaysOf = (some: HollowSettings): number[] =>
  names.map((name) => planHollowRun(some, pod(name), 'main', 0).startDelayMs);

describe('what a hollow container does', () => {
  it('is the same for the same seed and names, and another for another seed', () => {
    expect(delaysOf(settings)).toEqual(delaysOf({ ...settings }));
    expect(delaysOf(settings)).not.toEqual(delaysOf({ ...settings, seed: 'b' }));
  });

  it('is spread over its range', () => {
    const delays = delaysOf(settings);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...delays)).toBeLessThanOrEqual(900);
    expect(delays.filter((delay) => delay < 500).length).toBeGreaterThan(70);
    expect(delays.filter((delay) => delay > 500).length).toBeGreaterThan(70);
  });

  it('fails as often as it is told to, each run by itself', () => {
    const some = { ...settings, failureRate: 0.25 };
    const runs = names.map((name) => planHollowRun(some, pod(name), 'main', 0));
    const failed = runs.filter(({ exitCode }) => exitCode === 1);
    expect(failed.length).toBeGreaterThan(25);
    expect(failed.length).toBeLessThan(75);
    for (const { runMs } of failed) expect(runMs).toBeLessThanOrEqual(60_000);
    const again = names.map((name) => planHollowRun(some, pod(name), 'main', 1).exitCode);
    expect(again).not.toEqual(runs.map(({ exitCode }) => exitCode));
  });

  it('runs until it is stopped, unless its pod is there to end', () => {
    expect(planHollowRun(settings, pod(), 'main', 0).runMs).toBeUndefined();
    expect(planHollowRun(settings, pod('p', {}, { restartPolicy: 'Never' }), 'main', 0).runMs).toBe(2_000);
  });

  it('ends at once where it initialises, but for a sidecar', () => {
    const exitCode = { [HOLLOW_ANNOTATIONS.exitCode]: '3' };
    const some = pod('p', exitCode, { initContainers: [{ name: 'init' }, { name: 'side', restartPolicy: 'Always' }] });
    expect(planHollowRun(settings, some, 'init', 0)).toMatchObject({ runMs: 0, exitCode: 0 });
    expect(planHollowRun(settings, some, 'side', 0).runMs).toBeUndefined();
  });

  it('follows the annotations of its pod', () => {
    const run = planHollowRun(
      settings,
      pod('p', {
        'kubelab.io/hollow-run-seconds': '7',
        'kubelab.io/hollow-exit-code': '3',
        'kubelab.io/hollow-start-delay': '2s',
        'kubelab.io/hollow-ready-delay': '3s',
        'kubelab.io/hollow-stop-delay': '4s',
        'kubelab.io/hollow-start-failure-rate': '1',
      }),
      'main',
      0,
    );
    expect(run).toEqual({
      runMs: 7_000,
      exitCode: 3,
      startDelayMs: 2_000,
      readyDelayMs: 3_000,
      stopDelayMs: 4_000,
      startFails: true,
    });
  });

  it.each([
    ['kubelab.io/hollow-exit-code', '256'],
    ['kubelab.io/hollow-exit-code', '1.5'],
    ['kubelab.io/hollow-run-seconds', 'soon'],
    ['kubelab.io/hollow-failure-rate', '2'],
    ['kubelab.io/hollow-start-delay', '5 s'],
  ])('refuses %s: %s', (key, value) => {
    expect(() => planHollowRun(settings, pod('p', { [key]: value }), 'main', 0)).toThrow(`annotation ${key}: `);
  });

  it('pulls each image on each node in its own time', () => {
    const times = ['n1', 'n2', 'n3'].map((node) => planHollowPull(settings, node, 'nginx'));
    expect(new Set(times).size).toBe(3);
    for (const time of times) expect(time).toBeGreaterThanOrEqual(1_000);
    expect(planHollowPull(settings, 'n1', 'nginx')).toBe(times[0]);
  });
});

describe('parseDurationRange', () => {
  it('reads one duration or two', () => {
    expect(parseDurationRange('500ms')).toEqual({ minMs: 500, maxMs: 500 });
    expect(parseDurationRange('1s..1m30s')).toEqual({ minMs: 1_000, maxMs: 90_000 });
  });

  it.each(['', '5', '5s..1s', '1s..2s..3s', '-1s'])('refuses "%s"', (text) => {
    expect(() => parseDurationRange(text)).toThrow(RangeError);
  });
});

it('fractions are even', () => {
  const mean = names.reduce((sum, name) => sum + fraction('x', name), 0) / names.length;
  expect(mean).toBeGreaterThan(0.4);
  expect(mean).toBeLessThan(0.6);
});
