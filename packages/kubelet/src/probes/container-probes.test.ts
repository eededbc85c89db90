import type { Container } from '@kubelab/api';
import { createManualClock } from '@kubelab/runtime';
import { beforeEach, expect, it } from 'vitest';
import type { RuntimeContainer } from '../container-runtime/runtime.js';
import { ContainerProbes, type ProbedContainer, type ProbeKind } from './container-probes.js';
import type { ProbeAttempt } from './probe-attempt.js';

const clock = createManualClock();
let outcome: ProbeAttempt['outcome'];
let asked: number;
let changes: number;
let unhealthy: ProbeKind[];
let probes: ContainerProbes;

beforeEach(() => {
  [outcome, asked, changes, unhealthy] = ['success', 0, 0, []];
  probes = new ContainerProbes({
    clock,
    check: async () => {
      asked += 1;
      return { outcome, output: '' };
    },
    onChange: () => {
      changes += 1;
    },
    onUnhealthy: (kind) => void unhealthy.push(kind),
  });
});

const PROBE = { exec: { command: ['true'] }, periodSeconds: 5 };

function follow(container: Partial<Container>, before?: ProbedContainer['before']): void {
  const running = { id: 'c', startedAtMs: clock.now() } as RuntimeContainer;
  probes.follow([{ running, container: { name: 'a', ...container }, podIP: '', before }]);
}

async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) await clock.advance(1_000);
}

it('is ready once its readiness probe says so, and no more when that fails often enough', async () => {
  follow({ readinessProbe: { ...PROBE, initialDelaySeconds: 3, failureThreshold: 2 } });
  await pass(2);
  expect([probes.verdict('c')?.ready, asked]).toEqual([false, 0]);
  await pass(1);
  expect([probes.verdict('c')?.ready, asked, changes]).toEqual([true, 1, 1]);
  outcome = 'failure';
  await pass(5);
  expect([probes.verdict('c')?.ready, unhealthy]).toEqual([true, ['readiness']]);
  await pass(5);
  expect([probes.verdict('c')?.ready, changes]).toEqual([false, 2]);
  probes.stop();
});

it('is to be killed when its liveness probe has failed often enough, and is not asked again', async () => {
  outcome = 'failure';
  follow({ livenessProbe: { ...PROBE, failureThreshold: 3 } });
  await pass(9);
  expect(probes.verdict('c')).toEqual({ started: true, ready: true, failed: undefined });
  await pass(20);
  expect([probes.verdict('c')?.failed, asked, changes]).toEqual(['liveness', 3, 1]);
  probes.stop();
});

it('asks for nothing else before it has started', async () => {
  outcome = 'failure';
  follow({ startupProbe: { ...PROBE, failureThreshold: 10 }, readinessProbe: PROBE, livenessProbe: PROBE });
  await pass(12);
  expect([probes.verdict('c'), new Set(unhealthy)]).toEqual([
    { started: false, ready: false, failed: undefined },
    new Set(['startup']),
  ]);
  outcome = 'success';
  await pass(5);
  expect(probes.verdict('c')).toEqual({ started: true, ready: true, failed: undefined });
  probes.stop();
});

it('counts an attempt that could not be made neither way', async () => {
  outcome = 'error';
  follow({ livenessProbe: { ...PROBE, failureThreshold: 1 } });
  await pass(20);
  expect([probes.verdict('c')?.failed, unhealthy.length > 2]).toEqual([undefined, true]);
  probes.stop();
});

it('goes on from what was known of a container that ran before, and forgets one that has ended', async () => {
  outcome = 'failure';
  follow(
    { startupProbe: PROBE, readinessProbe: { ...PROBE, initialDelaySeconds: 100 } },
    { started: true, ready: true },
  );
  expect(probes.verdict('c')).toMatchObject({ started: true, ready: true });
  probes.follow([]);
  expect(probes.verdict('c')).toBeUndefined();
  await pass(200);
  expect(asked).toBe(0);
});

it('kills nothing of a pod that is ending, and still tells whether it is ready', async () => {
  follow({ livenessProbe: { ...PROBE, failureThreshold: 1 }, readinessProbe: { ...PROBE, failureThreshold: 1 } });
  await pass(1);
  outcome = 'failure';
  probes.endLiveness();
  await pass(6);
  expect(probes.verdict('c')).toEqual({ started: true, ready: false, failed: undefined });
  probes.stop();
});
