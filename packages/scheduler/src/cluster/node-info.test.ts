import type { Node, Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { expect, test } from 'vitest';
import { NodeInfo } from './node-info.js';
import { createPodInfo } from './pod-info.js';

const node = {
  metadata: { name: 'node1', labels: { zone: 'a' } },
  spec: { unschedulable: true, taints: [{ key: 'k', effect: 'NoSchedule' }] },
  status: {
    allocatable: { cpu: '4', memory: '8Gi', 'ephemeral-storage': '1Gi', pods: '110', 'example.com/gpu': '2' },
    images: [{ names: ['nginx'], sizeBytes: 7 }],
  },
} as unknown as Cached<Node>;

function podWith(uid: string): Cached<Pod> {
  const requests = { cpu: '500m', memory: '1Gi', 'ephemeral-storage': '1Mi', 'example.com/gpu': '1' };
  const ports = [{ containerPort: 80, hostPort: 80 }];
  return {
    metadata: { uid, name: uid, namespace: 'default' },
    spec: { containers: [{ name: 'main', resources: { requests }, ports }] },
  } as unknown as Cached<Pod>;
}

test('a copy has all that the original has, and changes alone', () => {
  const original = new NodeInfo('node1', 3);
  original.setNode(node);
  original.addPod(createPodInfo(podWith('a')));
  const copy = original.clone();
  expect(copy).toEqual(original);
  expect(copy.imageBytes).toEqual(new Map([['nginx', 7]]));
  const port = createPodInfo(podWith('b')).hostPorts[0];
  expect(port && copy.hasHostPort(port)).toBe(true);

  copy.addPod(createPodInfo(podWith('b')));
  copy.removePod('a');
  copy.removePod('b');
  expect(port && copy.hasHostPort(port)).toBe(false);
  expect([copy.pods.size, copy.requestedMilliCpu, copy.requested('example.com/gpu', false)]).toEqual([0, 0, 0]);
  expect([original.pods.size, original.requestedMilliCpu, original.requested('example.com/gpu', false)]).toEqual([
    1, 500, 1,
  ]);
  expect(port && original.hasHostPort(port)).toBe(true);
});
