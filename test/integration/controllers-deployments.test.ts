import {
  controllerOf,
  type Deployment,
  deployments,
  events,
  type Namespace,
  namespaces,
  type Persisted,
  type Pod,
  pods,
  type ReplicaSet,
  replicaSets,
} from '@kubelab/api';
import type { WatchEvent } from '@kubelab/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ControllerCluster,
  eventually,
  imageOf,
  isActive,
  isReady,
  listPods,
  listReplicaSets,
  newDeployment,
  newReplicaSet,
  startControllerCluster,
  statesOf,
  template,
} from './controllers-fixture.js';
import { type Player, startPlayer } from './controllers-player.js';

const REVISION = 'deployment.kubernetes.io/revision';
let cluster: ControllerCluster;
let player: Player;
let namespace: string;
let namespaceCount = 0;

beforeAll(async () => {
  cluster = await startControllerCluster();
  await cluster.addNodes('n1', 'n2', 'n3');
  player = await startPlayer(cluster.newClient(), ['n1', 'n2', 'n3']);
  cluster.startManager('--leader-elect=false');
});
afterEach(() => {
  player.mayBecomeReady = () => true;
  player.mayEnd = () => true;
  player.look();
});
afterAll(async () => {
  await player?.stop();
  await cluster?.stop();
});

async function newNamespace(): Promise<void> {
  namespaceCount += 1;
  namespace = `deployments-${namespaceCount}`;
  await cluster.client.create<Namespace>(namespaces, { metadata: { name: namespace } });
}
const get = (name: string) => cluster.client.get(deployments, { namespace, name });
const patch = (name: string, spec: object) =>
  cluster.client.patch<Deployment>(deployments, { namespace, name }, 'strategic', { spec });
const setImage = (name: string, image: string) => patch(name, { template: template(name, image) });
const sets = () => listReplicaSets(cluster.client, namespace);
const setOf = async (image: string) => (await sets()).find((set) => imageOf(set) === image);
const progressing = ({ status }: Deployment) => status?.conditions?.find(({ type }) => type === 'Progressing');

/** All pods of the Deployment are of this image and ready, and its status says so. */
function complete(name: string, image: string, replicas: number): Promise<void> {
  return eventually(async () => {
    const { status, metadata } = await get(name);
    expect(status).toMatchObject(
      replicas === 0
        ? {}
        : { replicas, updatedReplicas: replicas, availableReplicas: replicas, readyReplicas: replicas },
    );
    expect(status?.observedGeneration).toBe(metadata.generation);
    const active = (await listPods(cluster.client, namespace, name)).filter(isActive);
    expect(active.map(imageOf)).toEqual(Array(replicas).fill(image));
    expect(progressing({ status })?.reason).toBe('NewReplicaSetAvailable');
  });
}

/** What was seen of the pods: the most that there were, the fewest that were available. */
function extremes(initial: Persisted<Pod>[], seen: WatchEvent<Pod>[]): { most: number; fewest: number } {
  let [most, fewest] = [0, Number.POSITIVE_INFINITY];
  for (const state of statesOf(initial, seen)) {
    const active = state.filter(isActive);
    most = Math.max(most, active.length);
    fewest = Math.min(fewest, active.filter(isReady).length);
  }
  return { most, fewest };
}

async function rolledOut(name: string, replicas: number, spec: Partial<NonNullable<Deployment['spec']>> = {}) {
  await newNamespace();
  await cluster.client.create(deployments, newDeployment(namespace, name, replicas, spec));
  await complete(name, 'nginx:1', replicas);
}
const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
});

describe('a rolling update', () => {
  test.each([
    ['25%', '25%', 13, 8],
    [1, 0, 11, 10],
    [0, 3, 10, 7],
    ['100%', 0, 20, 10],
  ])(
    'stays within its bounds at every moment: surge %s, unavailable %s',
    async (surge, unavailable, ceiling, floor) => {
      await rolledOut('web', 10, rolling(surge, unavailable));
      const initial = await listPods(cluster.client, namespace);
      const seen = await cluster.record(pods, { namespace });
      await setImage('web', 'nginx:2');
      await complete('web', 'nginx:2', 10);
      await eventually(() => expect([...statesOf(initial, seen)].at(-1)).toHaveLength(10));
      const { most, fewest } = extremes(initial, seen);
      expect(most).toBeLessThanOrEqual(ceiling);
      expect(fewest).toBeGreaterThanOrEqual(floor);
      expect((await sets()).map(({ spec, status }) => [spec?.replicas, status?.replicas]).sort()).toEqual([
        [0, 0],
        [10, 10],
      ]);
    },
  );

  test('keeps revisions, goes back to one, and tells of every step', async () => {
    await rolledOut('web', 3);
    const first = await setOf('nginx:1');
    expect(first?.metadata.annotations).toMatchObject({
      [REVISION]: '1',
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    await cluster.client.patch(deployments, { namespace, name: 'web' }, 'merge', {
      metadata: { annotations: { 'kubernetes.io/change-cause': 'second' } },
      spec: { template: template('web', 'nginx:2') },
    });
    await complete('web', 'nginx:2', 3);
    expect((await get('web')).metadata.annotations).toMatchObject({ [REVISION]: '2' });
    expect((await setOf('nginx:2'))?.metadata.annotations).toMatchObject({
      [REVISION]: '2',
      'kubernetes.io/change-cause': 'second',
    });
    await setImage('web', 'nginx:1');
    await complete('web', 'nginx:1', 3);
    const again = await setOf('nginx:1');
    expect(again?.metadata.uid).toBe(first?.metadata.uid);
    expect(again?.metadata.annotations).toMatchObject({
      [REVISION]: '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect((await get('web')).metadata.annotations).toMatchObject({ [REVISION]: '3' });
    expect(await sets()).toHaveLength(2);
    await eventually(async () => {
      const { items } = await cluster.client.list(events, { namespace });
      const messages = items.filter(({ reason }) => reason === 'ScalingReplicaSet').map(({ message }) => message);
      expect(messages).toContain(`Scaled up replica set ${first?.metadata.name} from 0 to 3`);
      expect(messages).toContain(`Scaled down replica set ${first?.metadata.name} from 1 to 0`);
    });
    const undo = await cluster.api.kubectl(['-n', namespace, 'rollout', 'undo', 'deployment/web', '--to-revision=2']);
    expect(undo.stdout).toContain('rolled back');
    await complete('web', 'nginx:2', 3);
    const history = await cluster.api.kubectl(['-n', namespace, 'rollout', 'history', 'deployment/web']);
    expect(history.stdout).toMatch(/^3 .*\n4 /m);
  });

  test('cleans its history up', async () => {
    await rolledOut('web', 1, { revisionHistoryLimit: 1 });
    for (const image of ['nginx:2', 'nginx:3', 'nginx:4']) {
      await setImage('web', image);
      await complete('web', image, 1);
    }
    await eventually(async () =>
      expect((await sets()).map((set) => set.metadata.annotations?.[REVISION]).sort()).toEqual(['3', '4']),
    );
  });

  test('pauses, follows its size meanwhile, and goes on', async () => {
    await rolledOut('web', 4, rolling(1, 1));
    await patch('web', { paused: true, template: template('web', 'nginx:2') });
    await eventually(async () =>
      expect(progressing(await get('web'))).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' }),
    );
    expect((await sets()).map(imageOf)).toEqual(['nginx:1']);
    await patch('web', { replicas: 6 });
    await eventually(async () => {
      expect((await setOf('nginx:1'))?.status?.availableReplicas).toBe(6);
      const { status, metadata } = await get('web');
      expect(status).toMatchObject({ replicas: 6, observedGeneration: metadata.generation });
    });
    expect(await sets()).toHaveLength(1);
    await patch('web', { paused: false });
    await complete('web', 'nginx:2', 6);
  });

  test('takes a new size in its middle, in proportion', async () => {
    await rolledOut('web', 10, rolling(3, 2));
    player.mayBecomeReady = ({ spec, metadata }) =>
      metadata.namespace !== namespace || spec?.containers?.[0]?.image === 'nginx:1';
    await setImage('web', 'nginx:2');
    const sizesAre = (old: number, fresh: number) =>
      eventually(async () => {
        const [before, after] = [await setOf('nginx:1'), await setOf('nginx:2')];
        expect([before?.status?.availableReplicas, after?.status?.replicas]).toEqual([old, fresh]);
      });
    await sizesAre(8, 5);
    await patch('web', { replicas: 15 });
    await sizesAre(11, 7);
    const seen = await cluster.record(pods, { namespace });
    const initial = await listPods(cluster.client, namespace);
    player.mayBecomeReady = () => true;
    player.look();
    await complete('web', 'nginx:2', 15);
    const { most, fewest } = extremes(initial, seen);
    expect(most).toBeLessThanOrEqual(18);
    expect(fewest).toBeGreaterThanOrEqual(11);
  });

  test('waits minReadySeconds for each pod', async () => {
    await newNamespace();
    await cluster.client.create(deployments, newDeployment(namespace, 'web', 2, { minReadySeconds: 3 }));
    await eventually(async () => expect((await get('web')).status).toMatchObject({ readyReplicas: 2 }));
    expect((await get('web')).status?.availableReplicas).toBeUndefined();
    await complete('web', 'nginx:1', 2);
    for (const pod of await listPods(cluster.client, namespace)) {
      const readySince = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
      expect(Date.now() - Date.parse(readySince)).toBeGreaterThanOrEqual(3_000);
    }
  });

  test('that takes too long says so, and is done all the same in the end', async () => {
    await newNamespace();
    player.mayBecomeReady = ({ metadata }) => metadata.namespace !== namespace;
    await cluster.client.create(deployments, newDeployment(namespace, 'web', 1, { progressDeadlineSeconds: 2 }));
    await eventually(async () => {
      const present = await get('web');
      expect(progressing(present)).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
      expect(progressing(present)?.message).toMatch(/^ReplicaSet "web-.+" has timed out progressing\.$/);
    });
    const status = await cluster.api.kubectl(['-n', namespace, 'rollout', 'status', 'deployment/web']);
    expect(status.stderr).toContain('exceeded its progress deadline');
    player.mayBecomeReady = () => true;
    player.look();
    await complete('web', 'nginx:1', 1);
  });

  test('that is finished stays so while pods come and go', async () => {
    await rolledOut('web', 3);
    const seen = await cluster.record(deployments, { namespace });
    const [first] = await listPods(cluster.client, namespace);
    await cluster.client.delete(pods, { namespace, name: first?.metadata.name ?? '' });
    await eventually(async () => {
      expect(seen.length).toBeGreaterThan(0);
      expect((await get('web')).status?.availableReplicas).toBe(3);
      const names = (await listPods(cluster.client, namespace)).map(({ metadata }) => metadata.name);
      expect(names).not.toContain(first?.metadata.name);
    });
    expect(new Set(seen.map(({ object }) => progressing(object)?.reason))).toEqual(new Set(['NewReplicaSetAvailable']));
  });
});

test('Recreate never has old and new pods together, terminating ones included', async () => {
  await rolledOut('web', 5, { strategy: { type: 'Recreate' } });
  const initial = await listPods(cluster.client, namespace);
  const seen = await cluster.record(pods, { namespace });
  player.mayEnd = () => false;
  await setImage('web', 'nginx:2');
  await eventually(() => {
    const state = [...statesOf(initial, seen)].at(-1) ?? [];
    expect(state.filter(({ metadata }) => metadata.deletionTimestamp)).toHaveLength(5);
  });
  const [last] = initial;
  player.mayEnd = ({ metadata }) => metadata.uid !== last?.metadata.uid;
  player.look();
  await eventually(() => expect([...statesOf(initial, seen)].at(-1)).toHaveLength(1));
  expect((await sets()).map(imageOf)).toEqual(['nginx:1']);
  player.mayEnd = () => true;
  player.look();
  await complete('web', 'nginx:2', 5);
  for (const state of statesOf(initial, seen)) expect(new Set(state.map(imageOf)).size).toBeLessThanOrEqual(1);
});

describe('ownership', () => {
  test('pods are adopted, released when they are relabelled, and replaced', async () => {
    await newNamespace();
    for (const name of ['one', 'two', 'other'])
      await cluster.client.create(pods, {
        ...template(name === 'other' ? 'other' : 'web'),
        metadata: { namespace, name, labels: { app: name === 'other' ? 'other' : 'web' } },
      });
    await cluster.client.create(replicaSets, newReplicaSet(namespace, 'web', 3));
    await eventually(async () => expect((await sets())[0]?.status).toMatchObject({ replicas: 3, readyReplicas: 3 }));
    const owned = await listPods(cluster.client, namespace, 'web');
    expect(owned.map((pod) => controllerOf(pod)?.name)).toEqual(['web', 'web', 'web']);
    expect(owned.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['one', 'two']));
    const labels = { metadata: { labels: { app: 'released' } } };
    await cluster.client.patch<Pod>(pods, { namespace, name: 'one' }, 'merge', labels);
    await eventually(async () => {
      const released = await cluster.client.get(pods, { namespace, name: 'one' });
      expect(released.metadata.ownerReferences).toBeUndefined();
      expect(await listPods(cluster.client, namespace, 'web')).toHaveLength(3);
    });
    await cluster.client.patch<Pod>(pods, { namespace, name: 'one' }, 'merge', {
      metadata: { labels: { app: 'web' } },
    });
    await eventually(async () => {
      const active = (await listPods(cluster.client, namespace, 'web')).filter(isActive);
      expect(active).toHaveLength(3);
      expect((await listPods(cluster.client, namespace)).filter(isActive)).toHaveLength(4);
    });
  });

  test('ReplicaSets are adopted by a Deployment, and released when they are relabelled', async () => {
    await newNamespace();
    const bare = newReplicaSet(namespace, 'web', 2);
    const made = await cluster.client.create(replicaSets, {
      ...bare,
      metadata: { ...bare.metadata, labels: { app: 'web' } },
    });
    await cluster.client.create(deployments, newDeployment(namespace, 'web', 2));
    await complete('web', 'nginx:1', 2);
    expect((await sets()).map((set) => [set.metadata.uid, controllerOf(set)?.kind])).toEqual([
      [made.metadata.uid, 'Deployment'],
    ]);
    expect((await get('web')).metadata.annotations?.[REVISION]).toBe('1');
    const labels = { metadata: { labels: { app: 'released' } } };
    await cluster.client.patch<ReplicaSet>(replicaSets, { namespace, name: 'web' }, 'merge', labels);
    await eventually(async () => {
      const all = await sets();
      expect(all.find(({ metadata }) => metadata.uid === made.metadata.uid)?.metadata.ownerReferences).toBeUndefined();
      expect(all.find(({ metadata }) => metadata.uid !== made.metadata.uid)?.status?.availableReplicas).toBe(2);
    });
  });

  test('a pod that another controller owns is nobody else’s', async () => {
    await newNamespace();
    const [a, b] = [newReplicaSet(namespace, 'web', 2), newReplicaSet(namespace, 'web', 2)];
    await cluster.client.create(replicaSets, { ...a, metadata: { namespace, name: 'a' } });
    await cluster.client.create(replicaSets, { ...b, metadata: { namespace, name: 'b' } });
    await eventually(async () => {
      const owners = (await listPods(cluster.client, namespace)).map((pod) => controllerOf(pod)?.name);
      expect(owners.sort()).toEqual(['a', 'a', 'b', 'b']);
      for (const { status } of await sets()) expect(status?.readyReplicas).toBe(2);
    });
  });
});

test('a ReplicaSet’s name that is taken by another template is gone round', async () => {
  await rolledOut('web', 1);
  const [first] = await sets();
  const name = first?.metadata.name ?? '';
  await cluster.client.delete(deployments, { namespace, name: 'web' });
  await eventually(async () => expect(await sets()).toEqual([]));
  const taken = newReplicaSet(namespace, 'other', 0);
  await cluster.client.create(replicaSets, { ...taken, metadata: { namespace, name } });
  await cluster.client.create(deployments, newDeployment(namespace, 'web', 1));
  await complete('web', 'nginx:1', 1);
  expect((await get('web')).status?.collisionCount).toBe(1);
  const made = (await sets()).find((set) => controllerOf(set)?.kind === 'Deployment');
  expect(made?.metadata.name).not.toBe(name);
  expect(made?.metadata.name).toMatch(/^web-[b-z2-9]+$/);
});

test('pods that cannot be made are told of, tried ever more rarely, and cost no writes', async () => {
  await newNamespace();
  const refused = template('web');
  const spec = {
    template: {
      ...refused,
      spec: { ...refused.spec, containers: refused.spec?.containers ?? [], priorityClassName: 'missing' },
    },
  };
  const seen = await cluster.record(replicaSets, { namespace });
  const deploymentsSeen = await cluster.record(deployments, { namespace });
  await cluster.client.create(deployments, newDeployment(namespace, 'web', 3, spec));
  await eventually(async () => {
    const { items } = await cluster.client.list(events, { namespace });
    const attempts = items.filter(({ reason }) => reason === 'FailedCreate');
    expect(attempts.reduce((sum, { count = 1 }) => sum + count, 0)).toBeGreaterThanOrEqual(9);
    expect(attempts[0]?.message).toMatch(/^Error creating: pods "web-.*" is forbidden: /);
  });
  const failing = await get('web');
  const failure = failing.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  expect(failure).toMatchObject({ status: 'True', reason: 'FailedCreate' });
  // Made, once with its status, once with the failure; the Deployment a few times for its conditions.
  expect(seen.length).toBeLessThanOrEqual(4);
  expect(deploymentsSeen.length).toBeLessThanOrEqual(6);
  await setImage('web', 'nginx:2');
  await patch('web', { template: { spec: { priorityClassName: null } } });
  await complete('web', 'nginx:2', 3);
  expect((await get('web')).status?.conditions?.map(({ type }) => type).sort()).toEqual(['Available', 'Progressing']);
});

test('50 pods are made once, though the ReplicaSet is written to all the time', async () => {
  await newNamespace();
  const seen = await cluster.record(pods, { namespace });
  await cluster.client.create(replicaSets, newReplicaSet(namespace, 'web', 50));
  for (let step = 0; step < 40; step += 1)
    await cluster.client.patch<ReplicaSet>(replicaSets, { namespace, name: 'web' }, 'merge', {
      metadata: { annotations: { step: String(step) } },
    });
  await eventually(async () => expect((await sets())[0]?.status?.availableReplicas).toBe(50));
  expect(seen.filter(({ type }) => type === 'ADDED')).toHaveLength(50);
  expect(seen.filter(({ object }) => object.metadata.deletionTimestamp)).toEqual([]);
});
