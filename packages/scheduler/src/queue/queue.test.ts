import { createManualClock } from '@kubelab/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { createPodInfo, type PodInfo } from '../cluster/pod-info.js';
import type { ClusterEvent } from '../cluster-event.js';
import { makeNode, makePod } from '../simulation/objects.js';
import { SchedulingQueue } from './queue.js';
import type { QueuedPod } from './queued-pod.js';

const podOf = (name: string, priority = 0, gates: string[] = []): PodInfo =>
  createPodInfo(makePod(name, { priority, containers: [], schedulingGates: gates.map((gate) => ({ name: gate })) }));

const nodeAdded: ClusterEvent = { resource: 'Node', action: 'Add', object: makeNode('n') };
const podDeleted: ClusterEvent = { resource: 'AssignedPod', action: 'Delete', object: makePod('x') };

let clock: ReturnType<typeof createManualClock>;
let queue: SchedulingQueue;
let incoming: string[];

beforeEach(() => {
  clock = createManualClock();
  incoming = [];
  queue = new SchedulingQueue({
    clock,
    hints: {
      interestedIn: () => ['NodeResourcesFit', 'NodeAffinity', 'TaintToleration'],
      helps: (_, plugin, event) => plugin === 'NodeResourcesFit' || event.action !== 'Delete',
    },
    less: (a, b) => a.pod.priority > b.pod.priority || (a.pod.priority === b.pod.priority && a.sinceMs < b.sinceMs),
    preEnqueue: ({ pod }) => (pod.spec?.schedulingGates?.length ? ['SchedulingGates'] : []),
    onIncoming: (name, event) => incoming.push(`${name} ${event}`),
  });
});

const pop = async () => (await queue.pop()) as QueuedPod;
const rejected = (...plugins: string[]) => new Set(plugins);
/** Something else to do, so that no pod is tried before its back-off is over. */
const keepBusy = () => queue.set(podOf('other', -1), undefined);

describe('SchedulingQueue', () => {
  it('hands out by priority, then by age', async () => {
    for (const [name, priority] of [
      ['a', 0],
      ['b', 10],
      ['c', 0],
    ] as const) {
      queue.set(podOf(name, priority), undefined);
      await clock.advance(1);
    }
    expect([(await pop()).pod.uid, (await pop()).pod.uid, (await pop()).pod.uid]).toEqual(['b', 'a', 'c']);
  });

  it('waits for a pod, and ends when closed', async () => {
    const waiting = queue.pop();
    queue.set(podOf('a'), undefined);
    expect((await waiting)?.pod.uid).toBe('a');
    const none = queue.pop();
    queue.close();
    expect(await none).toBeUndefined();
  });

  it('keeps an unschedulable pod until an event that helps, and for its back-off', async () => {
    queue.set(podOf('a'), undefined);
    queue.failed(await pop(), rejected('NodeAffinity'));
    expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 1, gated: 0 });
    queue.notify(podDeleted);
    expect(queue.sizes.unschedulable).toBe(1);
    keepBusy();
    queue.notify(nodeAdded);
    expect(queue.sizes).toEqual({ active: 1, backoff: 1, unschedulable: 0, gated: 0 });
    await clock.advance(999);
    expect(queue.sizes.active).toBe(1);
    await clock.advance(1);
    expect(queue.sizes.active).toBe(2);
    expect((await pop()).attempts).toBe(2);
    expect(incoming).toEqual([
      'active PodAdd',
      'unschedulable ScheduleAttemptFailure',
      'active PodAdd',
      'backoff NodeAdd',
      'active BackoffComplete',
    ]);
  });

  it('does not wait for a back-off while there is nothing else to do, but does after an error', async () => {
    queue.set(podOf('a'), undefined);
    queue.failed(await pop(), rejected('NodeAffinity'));
    queue.notify(nodeAdded);
    const again = await pop();
    expect(again.attempts).toBe(2);
    queue.failed(again, rejected());
    const third = queue.pop();
    await clock.advance(1_999);
    expect(queue.sizes.backoff).toBe(1);
    await clock.advance(1);
    expect((await third)?.attempts).toBe(3);
  });

  it('doubles the back-off up to its maximum', async () => {
    queue.set(podOf('a'), undefined);
    for (const expectedMs of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      queue.failed(await pop(), rejected());
      await clock.advance(expectedMs - 1);
      expect(queue.sizes.active).toBe(0);
      await clock.advance(1);
      expect(queue.sizes.active).toBe(1);
    }
  });

  it('does not miss what happens while a pod is being decided', async () => {
    for (const name of ['a', 'b']) queue.set(podOf(name), undefined);
    const first = await pop();
    queue.notify(podDeleted);
    const second = await pop();
    keepBusy();
    queue.failed(first, rejected('NodeResourcesFit'));
    queue.failed(second, rejected('NodeResourcesFit'));
    expect(queue.sizes).toMatchObject({ backoff: 1, unschedulable: 1 });
    expect(queue.inFlightEvents).toBe(0);
  });

  it('wakes only those that the plugin with the hint rejected', async () => {
    queue.set(podOf('fit'), undefined);
    queue.failed(await pop(), rejected('NodeResourcesFit', 'NodeAffinity'));
    queue.set(podOf('affinity'), undefined);
    queue.failed(await pop(), rejected('NodeAffinity'));
    expect(queue.unschedulableByPlugin).toEqual(
      new Map([
        ['NodeResourcesFit', 1],
        ['NodeAffinity', 2],
      ]),
    );
    queue.notify(podDeleted);
    expect(queue.sizes).toMatchObject({ backoff: 1, unschedulable: 1 });
  });

  it('tries an unschedulable pod again after five minutes at the latest', async () => {
    queue.set(podOf('gated', 0, ['g']), undefined);
    queue.set(podOf('a'), undefined);
    queue.failed(await pop(), rejected('NodeAffinity'));
    await clock.advance(299_999);
    expect(queue.sizes).toMatchObject({ unschedulable: 1, gated: 1 });
    await clock.advance(1);
    expect(queue.sizes).toEqual({ active: 1, backoff: 0, unschedulable: 0, gated: 1 });
  });

  it('lets a pod with gates wait until they are gone', async () => {
    queue.set(podOf('a', 0, ['g']), undefined);
    queue.notify(nodeAdded);
    expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 0, gated: 1 });
    queue.set(podOf('a'), undefined, podOf('a', 0, ['g']));
    expect((await pop()).pod.uid).toBe('a');
  });

  it('forgets a pod that is gone', () => {
    queue.set(podOf('a'), undefined);
    queue.delete('a');
    expect(queue.sizes.active).toBe(0);
  });

  it('tries a pod again whose own change helps, and only then', async () => {
    const old = podOf('b');
    queue.set(old, undefined);
    queue.failed(await pop(), rejected('TaintToleration'));
    queue.set(podOf('b', 5), undefined, old);
    expect(queue.sizes.unschedulable).toBe(1);
    const tolerant = createPodInfo(makePod('b', { containers: [], tolerations: [{ operator: 'Exists' }] }));
    queue.set(tolerant, undefined, old);
    expect((await pop()).pod).toBe(tolerant);
  });
});
