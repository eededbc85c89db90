import { ApiError, type KubernetesObject, notFound, type Persisted, type Pod, pods } from '@kubelab/api';
import type { ApiClient } from '@kubelab/client';
import { createManualClock } from '@kubelab/runtime';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStatusWriter, type StatusWriter } from './status-writer.js';

const clock = createManualClock();

function pod(uid = 'u'): Persisted<Pod> {
  const metadata = { name: 'p', namespace: 'default', uid, resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, status: {} };
}

let stored: Persisted<Pod> | undefined;
let cached: Persisted<Pod>;
let writes: number;
/** What the next writes fail with. */
let failures: Error[];
let writer: StatusWriter;

const client = {
  async get() {
    if (!stored) throw notFound(pods, 'p');
    return structuredClone(stored);
  },
  async updateStatus(_resource: unknown, object: Pod) {
    writes += 1;
    const failure = failures.shift();
    if (failure) throw failure;
    if (!stored) throw notFound(pods, 'p');
    if (object.metadata?.resourceVersion !== stored.metadata.resourceVersion)
      throw new ApiError('Conflict', 'modified');
    const resourceVersion = String(Number(stored.metadata.resourceVersion) + 1);
    stored = { ...stored, status: object.status, metadata: { ...stored.metadata, resourceVersion } };
    return structuredClone(stored);
  },
} as unknown as Pick<ApiClient, 'get' | 'updateStatus'> & KubernetesObject;

beforeEach(() => {
  stored = pod();
  cached = pod();
  writes = 0;
  failures = [];
  const log = pino({ level: 'silent' });
  writer = createStatusWriter({ client, cached: () => cached, clock, log, signal: new AbortController().signal });
});

async function write(status: Pod['status'] & object): Promise<void> {
  writer.set(pod(), status, undefined);
  await writer.written('u');
}

describe('the status writer', () => {
  it('writes a status, and the same one no more', async () => {
    await write({ phase: 'Running' });
    await write({ phase: 'Running' });
    expect([stored?.status?.phase, writes]).toEqual(['Running', 1]);
  });

  it('writes the newest of many', async () => {
    for (const phase of ['Pending', 'Running', 'Failed', 'Succeeded']) writer.set(pod(), { phase }, undefined);
    await writer.written('u');
    expect(stored?.status?.phase).toBe('Succeeded');
    expect(writes).toBeLessThanOrEqual(2);
  });

  it('reads again after a conflict, and leaves alone what others own', async () => {
    const gate = { type: 'gate.example/open', status: 'True' };
    stored = { ...pod(), status: { nominatedNodeName: 'n', conditions: [gate] } };
    stored.metadata.resourceVersion = '7';
    await write({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 't2' }] });
    expect(stored?.status).toMatchObject({ phase: 'Running', nominatedNodeName: 'n' });
    expect(stored?.status?.conditions).toContainEqual(gate);
  });

  it('takes a reason away that no longer holds, and keeps the time of a transition', async () => {
    const ready = { type: 'Ready', status: 'True', lastTransitionTime: 't1' };
    stored = { ...pod(), status: { reason: 'Old', conditions: [ready] } };
    cached = structuredClone(stored);
    await write({ phase: 'Running', conditions: [{ ...ready, lastTransitionTime: 't2' }] });
    expect(stored?.status?.reason).toBeUndefined();
    expect(stored?.status?.conditions).toEqual([ready]);
  });

  it('tries again until the apiserver is back', async () => {
    failures = [new ApiError('ServiceUnavailable', 'away'), new ApiError('Timeout', 'slow')];
    writer.set(pod(), { phase: 'Running' }, undefined);
    while (failures.length > 0) await clock.advance(10_000);
    await clock.advance(10_000);
    await writer.written('u');
    expect(stored?.status?.phase).toBe('Running');
  });

  it('leaves another pod of the name alone, and one that is gone', async () => {
    stored = pod('another');
    stored.metadata.resourceVersion = '9';
    await write({ phase: 'Running' });
    expect(stored?.status).toEqual({});
    stored = undefined;
    await write({ phase: 'Failed' });
    expect(stored).toBeUndefined();
  });

  it('writes so many pods at a time, and what changes meanwhile as one', async () => {
    const begun: (string | undefined)[] = [];
    const ends: (() => void)[] = [];
    const slow = {
      updateStatus: async (_resource: unknown, object: Persisted<Pod>) => {
        begun.push(`${object.metadata.uid} ${object.status?.phase}`);
        await new Promise<void>((resolve) => ends.push(resolve));
        return object;
      },
    } as unknown as typeof client;
    const { signal } = new AbortController();
    const log = pino({ level: 'silent' });
    const bounded = createStatusWriter({ client: slow, cached: () => undefined, clock, log, signal, concurrency: 1 });
    bounded.set(pod('a'), { phase: 'Running' }, undefined);
    bounded.set(pod('b'), { phase: 'Pending' }, undefined);
    bounded.set(pod('b'), { phase: 'Running' }, undefined);
    expect([begun, bounded.backlog]).toEqual([['a Running'], 1]);
    ends[0]?.();
    await bounded.written('a');
    ends[1]?.();
    await bounded.written('b');
    expect([begun, bounded.backlog]).toEqual([['a Running', 'b Running'], 0]);
  });
});
