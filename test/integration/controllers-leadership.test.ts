import { leases, namespaces, type Pod, pods, replicaSets } from '@kubelab/api';
import type { WatchEvent } from '@kubelab/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ControllerCluster,
  eventually,
  isActive,
  listPods,
  newReplicaSet,
  type RunningManager,
  startControllerCluster,
  statesOf,
} from './controllers-fixture.js';

let cluster: ControllerCluster;
let namespace: string;
let namespaceCount = 0;
let seen: WatchEvent<Pod>[];

beforeAll(async () => {
  cluster = await startControllerCluster();
});
beforeEach(async () => {
  namespaceCount += 1;
  namespace = `leaders-${namespaceCount}`;
  await cluster.client.create(namespaces, { metadata: { name: namespace } });
  seen = await cluster.record(pods, { namespace });
});
afterAll(async () => {
  await cluster?.stop();
});

const want = (replicas: number) => cluster.client.create(replicaSets, newReplicaSet(namespace, 'web', replicas));
const created = () => seen.filter(({ type }) => type === 'ADDED').length;
const mostActive = () => Math.max(0, ...[...statesOf([], seen)].map((state) => state.filter(isActive).length));
const leader = async () =>
  (await cluster.client.get(leases, { namespace: 'kube-system', name: 'kube-controller-manager' })).spec
    ?.holderIdentity;
/** The pods are exactly so many, the ReplicaSet says so, and there were never more. */
async function exactly(replicas: number): Promise<void> {
  await eventually(async () => {
    const { status } = await cluster.client.get(replicaSets, { namespace, name: 'web' });
    expect(status?.replicas).toBe(replicas);
    expect((await listPods(cluster.client, namespace)).filter(isActive)).toHaveLength(replicas);
    expect(created()).toBeGreaterThanOrEqual(replicas);
  });
  expect(mostActive()).toBe(replicas);
}

describe('two controller-managers', () => {
  test('make 200 pods once, though the leader is killed in the middle; the other goes on', async () => {
    const managers = new Map<string, RunningManager>();
    for (const identity of ['one', 'two'])
      managers.set(identity, await cluster.startManagerProcess(`--leader-elect-identity=${identity}`));
    await eventually(async () => expect(managers.has((await leader()) ?? '')).toBe(true));
    const first = (await leader()) ?? '';
    await want(200);
    await eventually(() => expect(created()).toBeGreaterThanOrEqual(5));
    await managers.get(first)?.kill();
    managers.delete(first);
    expect(created()).toBeLessThan(200);
    await exactly(200);
    const second = await leader();
    expect(managers.has(second ?? '')).toBe(true);
    expect(second).not.toBe(first);
    await managers.get(second ?? '')?.stop();
    expect(await leader()).toBe('');
  });

  test('hand over at once when the leader stops in the middle', async () => {
    const one = cluster.startManager('--leader-elect-identity=three');
    await eventually(async () => expect(await leader()).toBe('three'));
    const two = cluster.startManager('--leader-elect-identity=four');
    await want(200);
    await eventually(() => expect(created()).toBeGreaterThanOrEqual(5));
    await one.stop();
    expect(created()).toBeLessThan(200);
    await exactly(200);
    expect(await leader()).toBe('four');
    await two.stop();
  });
});

test('one that is killed and started again and again makes 200 pods once', async () => {
  await want(200);
  for (let round = 1; created() < 50; round += 1) {
    const manager = await cluster.startManagerProcess('--leader-elect-identity=phoenix');
    const before = created();
    await eventually(() => expect(created()).toBeGreaterThan(before));
    await manager.kill();
    expect(round).toBeLessThan(200);
  }
  const manager = cluster.startManager('--leader-elect-identity=phoenix');
  await exactly(200);
  await cluster.client.patch(replicaSets, { namespace, name: 'web' }, 'merge', { spec: { replicas: 20 } });
  await eventually(async () =>
    expect(
      (await listPods(cluster.client, namespace)).filter(({ metadata }) => !metadata.deletionTimestamp),
    ).toHaveLength(20),
  );
  await manager.stop();
});

test('etcd dies in the middle: 200 pods all the same', async () => {
  const manager = cluster.startManager('--leader-elect=false');
  await want(200);
  await eventually(() => expect(created()).toBeGreaterThanOrEqual(5));
  await cluster.etcd.kill();
  await cluster.etcd.restart();
  await exactly(200);
  await manager.stop();
});
