import type { Pod, PodStatus } from '@kubelab/api';
import { createManualClock, type ManualClock } from '@kubelab/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ReadonlyPod } from '../pod.js';
import type { StatusWriter } from '../status/status-writer.js';
import { settlingStatus } from './settling-status.js';

let clock: ManualClock;
let told: string[];
let writer: StatusWriter;

beforeEach(() => {
  clock = createManualClock();
  told = [];
  const behind: StatusWriter = {
    set: (pod, status) => void told.push(`${pod.metadata.uid} ${status.phase}`),
    written: async (uid) => void told.push(`${uid} written`),
    backlog: 3,
    forget: (uid) => void told.push(`${uid} forgotten`),
  };
  writer = settlingStatus(behind, 100, clock);
});

function pod(uid: string, metadata: Pod['metadata'] = {}): ReadonlyPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid, namespace: 'default', resourceVersion: '1', creationTimestamp: '', ...metadata, uid },
  };
}

function set(of: ReadonlyPod, phase: PodStatus['phase']): void {
  writer.set(of, { phase }, undefined);
}

describe('settling statuses', () => {
  it('are told once, as the last of them', async () => {
    set(pod('a'), 'Pending');
    set(pod('b'), 'Pending');
    set(pod('a'), 'Running');
    expect([told, writer.backlog]).toEqual([[], 5]);
    await clock.advance(100);
    expect(told).toEqual(['a Running', 'b Pending']);
    set(pod('b'), 'Running');
    await clock.advance(100);
    expect([told.at(-1), writer.backlog]).toEqual(['b Running', 3]);
  });

  it('are told at once when somebody waits for them', async () => {
    set(pod('a', { deletionTimestamp: 't', finalizers: ['example.com/kept'] }), 'Succeeded');
    await writer.written('a');
    await clock.advance(100);
    expect(told).toEqual(['a Succeeded', 'a written']);
  });

  it('are not told of a pod that goes with its next request, or has gone', async () => {
    set(pod('a', { deletionTimestamp: 't' }), 'Succeeded');
    await writer.written('a');
    set(pod('b'), 'Running');
    writer.forget('b');
    await clock.advance(100);
    expect(told).toEqual(['a written', 'b forgotten']);
  });
});
