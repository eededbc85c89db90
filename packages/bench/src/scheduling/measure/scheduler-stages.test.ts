import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ObservedPod } from '../observe/observed-pod.js';
import { followSchedulerStages } from './scheduler-stages.js';

const HOUR_MS = 3_600_000;
let server: Server | undefined;
afterEach(() => server?.close());

/** A scheduler that answers so, one answer after the other, and whose clock is an hour behind. */
async function serve(answers: readonly object[]): Promise<string> {
  const left = [...answers];
  server = createServer((request, response) => {
    const known = request.url?.startsWith('/debug/scheduling-stages?since=') && left.length > 0;
    response.writeHead(known ? 200 : 404).end(JSON.stringify({ nowMs: performance.now() - HOUR_MS, ...left.shift() }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

function pod(name: string): ObservedPod {
  const requests = { cpuMilli: 0, memoryBytes: 0 };
  return { namespace: 'n', name, labels: {}, requests, sentMs: 0, boundMs: 1, attemptFailed: false, rebound: 0 };
}

describe('followSchedulerStages', () => {
  it("enters what the scheduler tells, by the bench's clock, and says of how many it told nothing", async () => {
    const queuedMs = performance.now() - HOUR_MS;
    const pods = [{ pod: 'n/a', queuedMs, decidedMs: queuedMs + 5 }];
    const url = await serve([
      { next: 7, lost: 3, pods: [] },
      { next: 8, lost: 0, pods },
    ]);
    const stages = await followSchedulerStages(url);
    const [a, b] = [pod('a'), pod('b')];
    expect(await stages.finish([a, b])).toEqual([expect.stringContaining('1 of 2 pods')]);
    expect(Math.abs((a.queuedMs ?? 0) - queuedMs - HOUR_MS)).toBeLessThan(1_000);
    expect((a.decidedMs ?? 0) - (a.queuedMs ?? 0)).toBeCloseTo(5);
    expect(b).not.toHaveProperty('queuedMs');
  });

  it('says why the stages are not known', async () => {
    const kubernetes = await followSchedulerStages(await serve([]));
    expect(await kubernetes.finish([pod('a')])).toEqual([expect.stringContaining('the scheduler has none')]);
    const unknown = await followSchedulerStages(undefined);
    expect(await unknown.finish([pod('a')])).toEqual([expect.stringContaining('not known where')]);
  });
});
