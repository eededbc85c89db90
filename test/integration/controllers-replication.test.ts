import {
  controllerOf,
  events,
  namespaces,
  type Pod,
  pods,
  type ReplicationController,
  replicationControllers,
} from '@kubelab/api';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type ControllerCluster,
  eventually,
  isActive,
  listPods,
  startControllerCluster,
  template,
} from './controllers-fixture.js';
import { type Player, startPlayer } from './controllers-player.js';

let cluster: ControllerCluster;
let player: Player;
let namespace: string;
let namespaceCount = 0;

beforeAll(async () => {
  // What the manager may do is judged as well: it is not the cluster's administrator.
  cluster = await startControllerCluster();
  await cluster.addNodes('n1', 'n2');
  player = await startPlayer(cluster.newClient(), ['n1', 'n2']);
  cluster.startManager('--leader-elect=false');
});
beforeEach(async () => {
  namespaceCount += 1;
  namespace = `replication-${namespaceCount}`;
  await cluster.client.create(namespaces, { metadata: { name: namespace } });
});
afterAll(async () => {
  await player?.stop();
  await cluster?.stop();
});

const create = (replicas: number, spec: Partial<NonNullable<ReplicationController['spec']>> = {}) =>
  cluster.client.create(replicationControllers, {
    metadata: { namespace, name: 'web' },
    spec: { replicas, template: template('web'), ...spec },
  });
const get = () => cluster.client.get(replicationControllers, { namespace, name: 'web' });
const activePods = async () => (await listPods(cluster.client, namespace)).filter(isActive);
const complete = (replicas: number) =>
  eventually(async () => {
    const { status, metadata } = await get();
    expect(status).toEqual({
      replicas,
      ...(replicas === 0
        ? {}
        : { readyReplicas: replicas, availableReplicas: replicas, fullyLabeledReplicas: replicas }),
      observedGeneration: metadata.generation,
    });
    expect(await activePods()).toHaveLength(replicas);
  });

test('it follows its size, by whoever is asked, and tells of each pod', async () => {
  const { metadata } = await create(2);
  await complete(2);
  for (const pod of await activePods()) {
    expect(pod.metadata.generateName).toBe('web-');
    expect(pod.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ReplicationController',
        name: 'web',
        uid: metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
  }
  const scale = (...flags: string[]) => cluster.api.kubectl(['-n', namespace, 'scale', 'rc/web', ...flags]);
  expect((await scale('--replicas=5', '--current-replicas=2')).stdout).toContain('web scaled');
  await complete(5);
  await scale('--replicas=1');
  await complete(1);
  const [last] = await activePods();
  await cluster.client.delete(pods, { namespace, name: last?.metadata.name ?? '' });
  await complete(1);
  expect((await activePods())[0]?.metadata.uid).not.toBe(last?.metadata.uid);
  await scale('--replicas=0');
  await complete(0);
  await eventually(async () => {
    const { items } = await cluster.client.list(events, { namespace });
    const told = items.filter(({ involvedObject }) => involvedObject?.kind === 'ReplicationController');
    const count = (reason: string) =>
      told.filter((event) => event.reason === reason).reduce((sum, event) => sum + (event.count ?? 1), 0);
    expect([count('SuccessfulCreate'), count('SuccessfulDelete')]).toEqual([6, 5]);
    for (const { source } of told) expect(source).toEqual({ component: 'replication-controller' });
  });
});

test('its selector is its template’s labels; what matches is taken in, and let go', async () => {
  for (const [name, app] of [
    ['one', 'web'],
    ['other', 'other'],
  ] as const)
    await cluster.client.create(pods, { ...template(app), metadata: { namespace, name, labels: { app } } });
  await create(2);
  await eventually(async () => expect((await get()).status?.readyReplicas).toBe(2));
  const owners = async () =>
    Object.fromEntries((await activePods()).map((pod) => [pod.metadata.name, controllerOf(pod)?.name]));
  expect(await owners()).toMatchObject({ one: 'web', other: undefined });
  expect(Object.values(await owners()).filter((owner) => owner === 'web')).toHaveLength(2);
  await cluster.client.patch<Pod>(pods, { namespace, name: 'one' }, 'merge', { metadata: { labels: { app: 'free' } } });
  await eventually(async () => {
    expect(await owners()).toMatchObject({ one: undefined });
    expect(Object.values(await owners()).filter((owner) => owner === 'web')).toHaveLength(2);
  });
});

test('deleted without a word it leaves its pods, and another takes them over; told so, they go', async () => {
  await create(3);
  await complete(3);
  const uids = async () => (await activePods()).map(({ metadata }) => metadata.uid).sort();
  const before = await uids();
  await cluster.client.delete(replicationControllers, { namespace, name: 'web' }, { propagationPolicy: 'Orphan' });
  await eventually(async () => {
    expect((await activePods()).map((pod) => controllerOf(pod))).toEqual(Array(3).fill(undefined));
    expect((await cluster.client.list(replicationControllers, { namespace })).items).toEqual([]);
  });
  const again = await create(3);
  await complete(3);
  expect(await uids()).toEqual(before);
  for (const pod of await activePods()) expect(controllerOf(pod)?.uid).toBe(again.metadata.uid);
  await cluster.api.kubectl(['-n', namespace, 'delete', 'rc', 'web', '--cascade=foreground']);
  await eventually(async () => expect(await activePods()).toEqual([]));
});

test('what cannot be made is told of until it can', async () => {
  const refused = template('web');
  await create(1, {
    template: { ...refused, spec: { containers: [], ...refused.spec, priorityClassName: 'missing' } },
  });
  await eventually(async () =>
    expect((await get()).status?.conditions).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' },
    ]),
  );
  await cluster.client.patch<ReplicationController>(replicationControllers, { namespace, name: 'web' }, 'merge', {
    spec: { template: { spec: { priorityClassName: null } } },
  });
  await complete(1);
});
