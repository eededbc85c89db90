import { events, leases, type Node, nodes, type Persisted, type Pod, pods } from '@kubelab/api';
import { getIfPresent } from '@kubelab/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ControllerCluster,
  eventually,
  isReady,
  now,
  startControllerCluster,
  template,
} from './controllers-fixture.js';
import { type Player, reportNode, startPlayer } from './controllers-player.js';

const namespace = 'default';
let cluster: ControllerCluster;
let player: Player;
const beating = new Map<string, NodeJS.Timeout>();

beforeAll(async () => {
  cluster = await startControllerCluster();
  cluster.startManager(
    '--leader-elect=false',
    '--node-monitor-grace-period=2s',
    '--node-startup-grace-period=3s',
    '--cluster-cidr=10.50.0.0/19',
    '--node-cidr-mask-size=24',
  );
  player = await startPlayer(cluster.newClient(), ['steady', 'a', 'b', 'c']);
});
afterEach(async () => {
  for (const name of [...beating.keys()]) silence(name);
  const { items } = await cluster.client.list(nodes);
  for (const { metadata } of items) await cluster.client.delete(nodes, { namespace: '', name: metadata.name });
});
afterAll(async () => {
  await player?.stop();
  await cluster?.stop();
});

/** A node whose lease is renewed from now on. */
async function addNode(name: string, { heartbeat = true } = {}): Promise<void> {
  await cluster.addNodes(name);
  await cluster.client
    .create(leases, { metadata: { namespace: 'kube-node-lease', name }, spec: { holderIdentity: name } })
    .catch(() => undefined);
  if (heartbeat) beat(name);
}
function beat(name: string): void {
  const renew = () =>
    cluster.client
      .patch(leases, { namespace: 'kube-node-lease', name }, 'merge', {
        spec: { renewTime: `${new Date().toISOString().slice(0, 23)}000Z` },
      })
      .catch(() => undefined);
  void renew();
  beating.set(
    name,
    setInterval(() => void renew(), 300),
  );
}
function silence(name: string): void {
  clearInterval(beating.get(name));
  beating.delete(name);
}
const get = (name: string): Promise<Persisted<Node>> => cluster.client.get(nodes, { namespace: '', name });
const taintsOf = async (name: string) =>
  ((await get(name)).spec?.taints ?? [])
    .map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`)
    .sort();
const isEvicting = ['unreachable:NoExecute', 'unreachable:NoSchedule'];

/** A pod on the node, ready, that stays so many seconds once the node is silent; for good where undefined. */
async function addPod(name: string, nodeName: string, tolerationSeconds?: number): Promise<void> {
  const tolerations = ['not-ready', 'unreachable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
  }));
  const { spec } = template('x');
  await cluster.client.create(pods, {
    metadata: { namespace, name, labels: { on: nodeName } },
    spec: { ...spec, containers: spec?.containers ?? [], nodeName, tolerations },
  });
  await eventually(async () => expect(isReady(await cluster.client.get(pods, { namespace, name }))).toBe(true));
}
const podOf = (name: string) => getIfPresent(cluster.client, pods, { namespace, name });
const conditionOf = (pod: Pod | undefined, type: string) => pod?.status?.conditions?.find((each) => each.type === type);
const eventsOf = async (name: string) => {
  const { items } = await cluster.client.list(events, { fieldSelector: `involvedObject.name=${name}` });
  return items.map(({ type, reason, message }) => [type, reason, message]);
};

describe('a node that falls silent', () => {
  test('is unreachable, its pods are not ready, and go when their time is up; and it comes back', async () => {
    await addNode('steady');
    await addNode('a');
    await addPod('soon', 'a', 1);
    await addPod('late', 'a', 300);
    await addPod('never', 'a');
    await eventually(async () => expect(await taintsOf('a')).toEqual([]));
    const silentSinceMs = Date.now();
    player.mayBecomeReady = () => false;
    player.mayEnd = () => false;
    silence('a');
    await eventually(async () => {
      expect(await taintsOf('a')).toEqual(isEvicting);
      const ready = (await get('a')).status?.conditions?.find(({ type }) => type === 'Ready');
      expect(ready).toMatchObject({
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      });
    });
    expect(Date.now() - silentSinceMs).toBeGreaterThanOrEqual(1_700);
    await eventually(async () => {
      const soon = await podOf('soon');
      expect(soon?.metadata.deletionTimestamp).toBeDefined();
      expect(conditionOf(soon, 'DisruptionTarget')).toMatchObject({
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      });
      for (const name of ['soon', 'late', 'never'])
        expect(conditionOf(await podOf(name), 'Ready')).toMatchObject({ status: 'False' });
    });
    await eventually(async () => {
      expect(await eventsOf('a')).toEqual(
        expect.arrayContaining([
          ['Normal', 'RegisteredNode', 'Node a event: Registered Node a in Controller'],
          ['Normal', 'NodeNotReady', 'Node a status is now: NodeNotReady'],
        ]),
      );
      expect(await eventsOf('soon')).toEqual(
        expect.arrayContaining([
          ['Warning', 'NodeNotReady', 'Node is not ready'],
          ['Normal', 'TaintManagerEviction', 'Marking for deletion Pod default/soon'],
        ]),
      );
    });
    for (const name of ['late', 'never']) expect((await podOf(name))?.metadata.deletionTimestamp).toBeUndefined();

    beat('a');
    await reportNode(cluster.client, 'a');
    player.mayBecomeReady = () => true;
    player.mayEnd = () => true;
    player.look();
    await eventually(async () => {
      expect(await taintsOf('a')).toEqual([]);
      expect(await podOf('soon')).toBeUndefined();
      for (const name of ['late', 'never']) expect(conditionOf(await podOf(name), 'Ready')?.status).toBe('True');
    });
    for (const name of ['late', 'never']) await cluster.client.delete(pods, { namespace, name });
  });

  test('writes nothing while nothing changes', async () => {
    await addNode('steady');
    await addNode('a');
    await eventually(async () => expect(await taintsOf('a')).toEqual([]));
    const seen = await cluster.record(nodes);
    silence('a');
    await eventually(async () => expect(await taintsOf('a')).toEqual(isEvicting));
    // For longer than it took to find that it is silent: the other node's heartbeats tell the time.
    const beats = await cluster.record(leases, { namespace: 'kube-node-lease' });
    await eventually(() => expect(beats.length).toBeGreaterThan(12));
    // Its conditions once, and its taints once or twice.
    expect(seen.filter(({ object }) => object.metadata.name === 'a').length).toBeLessThanOrEqual(3);
    expect(seen.filter(({ object }) => object.metadata.name === 'steady')).toEqual([]);
  });

  test('is not evicted where no node at all is ready', async () => {
    await addNode('a');
    await addPod('stays', 'a', 0);
    silence('a');
    await eventually(async () => expect(await taintsOf('a')).toEqual(['unreachable:NoSchedule']));
    expect((await podOf('stays'))?.metadata.deletionTimestamp).toBeUndefined();
    await addNode('steady');
    await eventually(async () => expect(await taintsOf('a')).toEqual(isEvicting));
    await eventually(async () => expect(await podOf('stays')).toBeUndefined());
  });

  test('waits for its turn behind another of its zone', async () => {
    await addNode('steady');
    await addNode('a');
    await addNode('b');
    await eventually(async () => expect([await taintsOf('a'), await taintsOf('b')]).toEqual([[], []]));
    silence('a');
    silence('b');
    const startedMs = Date.now();
    await eventually(async () =>
      expect([await taintsOf('a'), await taintsOf('b')].sort()).toEqual([isEvicting, ['unreachable:NoSchedule']]),
    );
    await eventually(async () => expect([await taintsOf('a'), await taintsOf('b')]).toEqual([isEvicting, isEvicting]));
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(10_000);
  });

  test('that has never said anything is waited for longer', async () => {
    await addNode('steady');
    await cluster.client.create(nodes, { metadata: { name: 'a' } });
    const startedMs = Date.now();
    expect(await taintsOf('a')).toEqual(['not-ready:NoSchedule']);
    await eventually(async () => {
      const ready = (await get('a')).status?.conditions?.find(({ type }) => type === 'Ready');
      expect(ready).toMatchObject({ status: 'Unknown', reason: 'NodeStatusNeverUpdated' });
    });
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(2_900);
  });
});

test('a node that says itself that it is not ready is evicted, and its pods stay as its kubelet says', async () => {
  await addNode('steady');
  await addNode('a');
  await addPod('tolerating', 'a', 300);
  await addPod('leaving', 'a', 0);
  await reportNode(cluster.client, 'a', 'False');
  await eventually(async () => {
    const taints = await taintsOf('a');
    expect(taints).toContain('not-ready:NoSchedule');
    expect(taints).toContain('not-ready:NoExecute');
    expect(await podOf('leaving')).toBeUndefined();
  });
  expect(conditionOf(await podOf('tolerating'), 'Ready')?.status).toBe('True');
  await cluster.client.delete(pods, { namespace, name: 'tolerating' });
});

test('taints follow conditions and cordoning, and those of others stay', async () => {
  await addNode('a');
  const patch = (body: object, subresource = '') =>
    cluster.client.patch<Node>(nodes, { namespace: '', name: 'a' }, 'strategic', body, { subresource });
  await patch({ spec: { unschedulable: true, taints: [{ key: 'mine', effect: 'NoSchedule' }] } });
  await patch(
    { status: { conditions: [{ type: 'DiskPressure', status: 'True', lastHeartbeatTime: now() }] } },
    'status',
  );
  await eventually(async () =>
    expect(await taintsOf('a')).toEqual(['disk-pressure:NoSchedule', 'mine:NoSchedule', 'unschedulable:NoSchedule']),
  );
  await patch({ spec: { unschedulable: null } });
  await patch({ status: { conditions: [{ type: 'DiskPressure', status: 'False' }] } }, 'status');
  await eventually(async () => expect(await taintsOf('a')).toEqual(['mine:NoSchedule']));
});

describe('the pods’ addresses', () => {
  const cidrs = async () => (await cluster.client.list(nodes)).items.map(({ spec }) => spec?.podCIDR);

  test('of twenty nodes that come at once are distinct', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    await Promise.all(names.map((name) => cluster.client.create(nodes, { metadata: { name } })));
    await eventually(async () => {
      const given = await cidrs();
      expect(new Set(given).size).toBe(20);
      for (const each of given) expect(each).toMatch(/^10\.50\.([12]?\d|3[01])\.0\/24$/);
    });
    for (const { spec } of (await cluster.client.list(nodes)).items) expect(spec?.podCIDRs).toEqual([spec?.podCIDR]);
  });

  test('run out, which is told, and are given on when a node goes', async () => {
    const names = Array.from({ length: 33 }, (_, index) => `full-${index}`);
    await cluster.client.create(nodes, { metadata: { name: 'taken' }, spec: { podCIDR: '10.50.4.0/23' } });
    for (const name of names) await cluster.client.create(nodes, { metadata: { name } });
    const given = async () => (await cidrs()).filter((each) => each !== undefined);
    await eventually(async () => expect(await given()).toHaveLength(31));
    expect(await given()).not.toContain('10.50.4.0/24');
    expect(await given()).not.toContain('10.50.5.0/24');
    const { items } = await cluster.client.list(nodes);
    const without = items.filter(({ spec }) => !spec?.podCIDR).map(({ metadata }) => metadata.name);
    expect(without).toHaveLength(3);
    await eventually(async () =>
      expect(await eventsOf(without[0] ?? '')).toContainEqual([
        'Normal',
        'CIDRNotAvailable',
        `Node ${without[0]} status is now: CIDRNotAvailable`,
      ]),
    );
    await cluster.client.delete(nodes, { namespace: '', name: 'taken' });
    await eventually(async () => expect(await given()).toHaveLength(32));
    expect(new Set(await given()).size).toBe(32);
  });
});

test('a pod that goes and never had a node is ended', async () => {
  player.mayEnd = () => false;
  const { spec } = template('x');
  await cluster.client.create(pods, {
    metadata: { namespace, name: 'unbound', finalizers: ['example.com/hold'] },
    spec: { ...spec, containers: spec?.containers ?? [], schedulingGates: [{ name: 'hold' }] },
  });
  await cluster.client.delete(pods, { namespace, name: 'unbound' });
  await eventually(async () => expect((await podOf('unbound'))?.status?.phase).toBe('Failed'));
  await cluster.client.patch(pods, { namespace, name: 'unbound' }, 'merge', { metadata: { finalizers: null } });
  await eventually(async () => expect(await podOf('unbound')).toBeUndefined());
  player.mayEnd = () => true;
});
