import { expect, test } from 'vitest';
import type { ReadonlyPod } from '../pod.js';
import { drainDelayMs } from './drain-delay.js';

const identity = { uid: 'u', resourceVersion: '1', creationTimestamp: '2024-01-01T00:00:00Z' };

const serving: ReadonlyPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...identity, name: 'web', deletionTimestamp: '2024-01-01T00:00:00Z' },
  spec: { containers: [{ name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }] }] },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};
const [nginx] = serving.spec?.containers ?? [];

test.each<[string, ReadonlyPod | undefined, number, number]>([
  ['a pod that is deleted while it serves', serving, 30, 500],
  ['half of a short grace period', { ...serving }, 0.5, 250],
  ['a pod that is deleted by force', serving, 0, 0],
  ['a pod that is not deleted', { ...serving, metadata: { ...identity, name: 'web' } }, 30, 0],
  ['a pod that is not ready', { ...serving, status: {} }, 30, 0],
  ['a pod without ports', { ...serving, spec: { containers: [{ name: 'job', image: 'busybox' }] } }, 30, 0],
  [
    'a pod with a hook of its own',
    {
      ...serving,
      spec: { containers: [{ ...nginx, name: 'nginx', lifecycle: { preStop: { sleep: { seconds: 1 } } } }] },
    },
    30,
    0,
  ],
  ['a pod that nobody knows', undefined, 30, 0],
])('%s', (_what, pod, graceSeconds, expected) => {
  expect(drainDelayMs(pod, graceSeconds, 500)).toBe(expected);
});
