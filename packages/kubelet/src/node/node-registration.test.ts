import type { Node, NodeStatus, Persisted } from '@kubelab/api';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { NodeRegistration } from './node-registration.js';

const metadata = { name: 'n1', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

/** The status that a node with this one is given, by a kubelet that knows of its CPUs. */
async function reported(before: NodeStatus): Promise<NodeStatus | undefined> {
  const node = { metadata, spec: {}, status: before } as Persisted<Node>;
  let written: NodeStatus | undefined;
  const write = async (_resource: unknown, object: Node) => {
    written = object.status;
    return object as never;
  };
  const unwanted = () => Promise.reject(new Error('not asked for'));
  const registration = new NodeRegistration({
    client: { get: unwanted, create: unwanted, update: unwanted, updateStatus: write as never },
    nodeName: 'n1',
    labels: {},
    cached: () => node,
    status: async () => ({ capacity: { cpu: '4' }, allocatable: { cpu: '3' } }),
    events: { event: () => undefined },
    clock: { now: () => 0 },
    log: pino({ enabled: false }),
    onWritten: () => undefined,
  });
  await registration.report(AbortSignal.timeout(5_000));
  return written;
}

it('lets all of an extended resource be allocated that somebody gave the node', async () => {
  const status = await reported({ capacity: { cpu: '4', 'example.com/foo': '3' }, allocatable: { cpu: '3' } });
  expect(status?.capacity).toEqual({ cpu: '4', 'example.com/foo': '3' });
  expect(status?.allocatable).toEqual({ cpu: '3', 'example.com/foo': '3' });
});

it('takes what is allocatable of it away with its capacity', async () => {
  const status = await reported({ capacity: { cpu: '4' }, allocatable: { cpu: '3', 'example.com/foo': '3' } });
  expect(status?.allocatable).toEqual({ cpu: '3' });
});

it('writes nothing that is there already', async () => {
  const foo = { 'example.com/foo': '3' };
  expect(await reported({ capacity: { cpu: '4', ...foo }, allocatable: { cpu: '3', ...foo } })).toBeUndefined();
});
