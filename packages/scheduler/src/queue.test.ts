import type { Node, Pod } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { createManualClock } from '@kubelab/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ClusterEvent } from './cluster-event.js';
import { Heap } from './heap.js';
import { createPodInfo, type PodInfo } from './pod-info.js';
import { type QueuedPod, SchedulingQueue } from './queue.js';

const podOf = (name: string, priority = 0, gates: string[] = []): PodInfo =>
  createPodInfo({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns', uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec: { priority, containers: [], schedulingGates: gates.map((gate) => ({ name: gate })) },
  } as Cached<Pod>);

const nodeAdded: ClusterEvent = { kind: 'NodeAdded', node: { metadata: { name: 'n' } } as Cached<Node> };
const podDeleted: ClusterEvent = { kind: 'AssignedPodDeleted', pod: { metadata: { name: 'x' } } as Cached<Pod> };

let clock: ReturnType<typeof createManualClock>;
let queue: SchedulingQueue;

beforeEach(() => {
  clock = createManualClock();
  queue = new SchedulingQueue({
    clock,
    mayHelp: (_, plugin, event) => plugin === 'NodeResourcesFit' || event.kind === 'NodeAdded',
    preEnqueue: ({ pod }) => (pod.spec?.schedulingGates?.length ? ['SchedulingGates'] : []),
  });
});

const pop = async () => (await queue.pop()) as QueuedPod;
const rejected = (...plugins: string[]) => new Set(plugins);

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
    expect(queue.sizes).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
    queue.notify(podDeleted);
    expect(queue.sizes.unschedulable).toBe(1);
    queue.notify(nodeAdded);
    expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    await clock.advance(999);
    expect(queue.sizes.active).toBe(0);
    await clock.advance(1);
    expect(queue.sizes.active).toBe(1);
    const again = await pop();
    expect(again.attempts).toBe(2);
    queue.failed(again, rejected());
    await clock.advance(1_999);
    expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    await clock.advance(1);
    expect(queue.sizes.active).toBe(1);
  });

  it('does not miss what happens while a pod is being decided', async () => {
    queue.set(podOf('a'), undefined);
    const entry = await pop();
    queue.notify(podDeleted);
    queue.failed(entry, rejected('NodeResourcesFit'));
    expect(queue.sizes).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
  });

  it('tries an unschedulable pod again after five minutes at the latest', async () => {
    queue.set(podOf('gated', 0, ['g']), undefined);
    queue.set(podOf('a'), undefined);
    queue.failed(await pop(), rejected('NodeAffinity'));
    await clock.advance(299_999);
    expect(queue.sizes.unschedulable).toBe(2);
    await clock.advance(1);
    expect(queue.sizes).toEqual({ active: 1, backoff: 0, unschedulable: 1 });
  });

  it('lets a pod with gates wait until they are gone', async () => {
    queue.set(podOf('a', 0, ['g']), undefined);
    queue.notify(nodeAdded);
    expect(queue.sizes.active + queue.sizes.backoff).toBe(1 - queue.sizes.unschedulable);
    queue.set(podOf('a'), undefined);
    expect((await pop()).pod.uid).toBe('a');
  });

  it('forgets a pod that is gone, and tries one again that was changed', async () => {
    queue.set(podOf('a'), undefined);
    queue.delete('a');
    expect(queue.sizes.active).toBe(0);
    queue.set(podOf('b'), undefined);
    queue.failed(await pop(), rejected('NodeAffinity'));
    queue.set(podOf('b', 5), undefined);
    await clock.advance(1_000);
    expect((await pop()).pod.priority).toBe(5);
  });
});

describe('Heap', () => {
  it('gives the items in order whatever is pushed, replaced and removed', () => {
    let seed = 42;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    const heap = new Heap<{ key: string; value: number }>(
      ({ key }) => key,
      (a, b) => a.value < b.value,
    );
    const model = new Map<string, number>();
    for (let step = 0; step < 2_000; step++) {
      const key = `k${Math.floor(random() * 200)}`;
      if (random() < 0.7) {
        const value = random();
        heap.push({ key, value });
        model.set(key, value);
      } else {
        heap.remove(key);
        model.delete(key);
      }
    }
    expect(heap.size).toBe(model.size);
    const out: number[] = [];
    for (let item = heap.pop(); item; item = heap.pop()) out.push(item.value);
    expect(out).toEqual([...model.values()].sort((a, b) => a - b));
  });
});
