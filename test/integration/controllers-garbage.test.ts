import {
  type ConfigMap,
  configMaps,
  deployments,
  events,
  type KubernetesObject,
  namespaces,
  nodes,
  type OwnerReference,
  type Persisted,
  type Pod,
  pods,
  type ResourceType,
  replicaSets,
  resourceTable,
  secrets,
  serviceAccounts,
  services,
} from '@kubelab/api';
import { getIfPresent } from '@kubelab/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ControllerCluster,
  eventually,
  listPods,
  listReplicaSets,
  newDeployment,
  startControllerCluster,
} from './controllers-fixture.js';
import { type Player, startPlayer } from './controllers-player.js';

let cluster: ControllerCluster;
let player: Player;
let namespace: string;
let namespaceCount = 0;

beforeAll(async () => {
  cluster = await startControllerCluster();
  await cluster.addNodes('n1');
  player = await startPlayer(cluster.newClient(), ['n1']);
  cluster.startManager('--leader-elect=false');
});
beforeEach(async () => {
  namespaceCount += 1;
  namespace = `garbage-${namespaceCount}`;
  await cluster.client.create(namespaces, { metadata: { name: namespace } });
});
afterEach(() => {
  player.mayEnd = () => true;
  player.look();
});
afterAll(async () => {
  await player?.stop();
  await cluster?.stop();
});

const present = <T extends KubernetesObject>(resource: ResourceType<T>, name: string) =>
  getIfPresent(cluster.client, resource, { namespace, name });
const gone = (...names: string[]) =>
  eventually(async () => {
    for (const name of names) expect(await present(configMaps, name), name).toBeUndefined();
  });
const referenceTo = ({ metadata }: Persisted, blocks = true): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: metadata.name,
  uid: metadata.uid,
  blockOwnerDeletion: blocks,
});
function make(name: string, owners: Persisted[] = [], finalizers: string[] = [], blocks = true) {
  const ownerReferences = owners.map((owner) => referenceTo(owner, blocks));
  return cluster.client.create<ConfigMap>(configMaps, { metadata: { namespace, name, ownerReferences, finalizers } });
}
const remove = (name: string, propagationPolicy?: 'Background' | 'Foreground' | 'Orphan') =>
  cluster.client.delete(configMaps, { namespace, name }, propagationPolicy ? { propagationPolicy } : {});

describe('a Deployment with its ReplicaSet and pods', () => {
  beforeEach(async () => {
    await cluster.client.create(deployments, newDeployment(namespace, 'web', 3));
    await eventually(async () =>
      expect((await cluster.client.get(deployments, { namespace, name: 'web' })).status?.availableReplicas).toBe(3),
    );
  });
  const counts = async () => [
    (await present(deployments, 'web')) ? 1 : 0,
    (await listReplicaSets(cluster.client, namespace)).length,
    (await listPods(cluster.client, namespace)).length,
  ];
  const deleteWith = (cascade: string) =>
    cluster.api.kubectl(['-n', namespace, 'delete', 'deployment', 'web', `--cascade=${cascade}`, '--wait=false']);

  test('goes in the background: the Deployment first', async () => {
    player.mayEnd = () => false;
    await deleteWith('background');
    expect(await present(deployments, 'web')).toBeUndefined();
    await eventually(async () => {
      expect(await counts()).toEqual([0, 0, 3]);
      for (const { metadata } of await listPods(cluster.client, namespace))
        expect(metadata.deletionTimestamp).toBeDefined();
    });
    player.mayEnd = () => true;
    player.look();
    await eventually(async () => expect(await counts()).toEqual([0, 0, 0]));
  });

  test('goes in the foreground: the pods first, all others waiting for them', async () => {
    player.mayEnd = () => false;
    await deleteWith('foreground');
    await eventually(async () => {
      const all = await listPods(cluster.client, namespace);
      expect(all.map(({ metadata }) => metadata.deletionTimestamp !== undefined)).toEqual([true, true, true]);
    });
    expect(await counts()).toEqual([1, 1, 3]);
    expect((await present(deployments, 'web'))?.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect((await listReplicaSets(cluster.client, namespace))[0]?.metadata.finalizers).toEqual(['foregroundDeletion']);
    const [last] = await listPods(cluster.client, namespace);
    player.mayEnd = ({ metadata }) => metadata.uid !== last?.metadata.uid;
    player.look();
    await eventually(async () => expect(await counts()).toEqual([1, 1, 1]));
    player.mayEnd = () => true;
    player.look();
    await eventually(async () => expect(await counts()).toEqual([0, 0, 0]));
  });

  test('leaves orphans, whom the next one adopts', async () => {
    const before = await listPods(cluster.client, namespace);
    const seen = await cluster.record(pods, { namespace });
    await deleteWith('orphan');
    await eventually(async () => expect(await present(deployments, 'web')).toBeUndefined());
    const [orphan] = await listReplicaSets(cluster.client, namespace);
    expect(orphan?.metadata.ownerReferences).toBeUndefined();
    expect(await counts()).toEqual([0, 1, 3]);
    await cluster.client.create(deployments, newDeployment(namespace, 'web', 3));
    await eventually(async () => {
      const [adopted, ...others] = await listReplicaSets(cluster.client, namespace);
      expect(others).toEqual([]);
      expect(adopted?.metadata.uid).toBe(orphan?.metadata.uid);
      expect(adopted?.metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'web' }]);
    });
    expect((await listPods(cluster.client, namespace)).map(({ metadata }) => metadata.uid)).toEqual(
      before.map(({ metadata }) => metadata.uid),
    );
    expect(seen).toEqual([]);
    const [set] = await listReplicaSets(cluster.client, namespace);
    const setName = set?.metadata.name ?? '';
    await cluster.client.delete(replicaSets, { namespace, name: setName }, { propagationPolicy: 'Orphan' });
    await eventually(async () => {
      const [made] = await listReplicaSets(cluster.client, namespace);
      expect(made?.metadata.uid).toBeDefined();
      expect(made?.metadata.uid).not.toBe(set?.metadata.uid);
      const owners = (await listPods(cluster.client, namespace)).map(
        ({ metadata }) => metadata.ownerReferences?.[0]?.uid,
      );
      expect(owners).toEqual(Array(3).fill(made?.metadata.uid));
    });
  });
});

describe('owners', () => {
  test('a chain goes to its end; what is nobody’s stays', async () => {
    const a = await make('a');
    const b = await make('b', [a]);
    const c = await make('c', [b]);
    await make('d', [c]);
    await make('free');
    await remove('a');
    await gone('a', 'b', 'c', 'd');
    expect(await present(configMaps, 'free')).toBeDefined();
  });

  test('one of two that goes is dropped; the dependent goes with the last', async () => {
    const [a, b] = [await make('a'), await make('b')];
    await make('child', [a, b]);
    await remove('a');
    await eventually(async () =>
      expect((await present(configMaps, 'child'))?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['b']),
    );
    await remove('b', 'Foreground');
    await gone('a', 'b', 'child');
  });

  test('one that waits is dropped beside one that stays, and waits no more', async () => {
    const [a, b] = [await make('a'), await make('b')];
    await make('child', [a, b]);
    await remove('a', 'Foreground');
    await gone('a');
    expect((await present(configMaps, 'child'))?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['b']);
  });

  test('one waits only for those that block it', async () => {
    const a = await make('a');
    await make('blocking', [a], ['example.com/hold']);
    await make('loose', [a], ['example.com/hold'], false);
    await remove('a', 'Foreground');
    const held = (name: string) =>
      eventually(async () => expect((await present(configMaps, name))?.metadata.deletionTimestamp).toBeDefined());
    await held('blocking');
    await held('loose');
    expect(await present(configMaps, 'a')).toBeDefined();
    const release = (name: string) =>
      cluster.client.patch(configMaps, { namespace, name }, 'merge', { metadata: { finalizers: null } });
    await release('blocking');
    await gone('a', 'blocking');
    expect(await present(configMaps, 'loose')).toBeDefined();
    await release('loose');
    await gone('loose');
  });

  test('one that waits goes when its dependent is let go', async () => {
    const a = await make('a');
    await make('child', [a], ['example.com/hold']);
    await remove('a', 'Foreground');
    await eventually(async () =>
      expect((await present(configMaps, 'child'))?.metadata.deletionTimestamp).toBeDefined(),
    );
    await cluster.client.patch(configMaps, { namespace, name: 'child' }, 'merge', {
      metadata: { ownerReferences: null },
    });
    await gone('a');
    await cluster.client.patch(configMaps, { namespace, name: 'child' }, 'merge', { metadata: { finalizers: null } });
  });

  test('those in a circle go', async () => {
    const a = await make('a');
    const b = await make('b', [a]);
    const patch = { metadata: { ownerReferences: [referenceTo(b)] } };
    await cluster.client.patch<ConfigMap>(configMaps, { namespace, name: 'a' }, 'merge', patch);
    await eventually(async () => expect((await present(configMaps, 'a'))?.metadata.ownerReferences).toHaveLength(1));
    await remove('a', 'Foreground');
    await gone('a', 'b');
  });

  test('one of another uid is none; one that was never there takes its dependents', async () => {
    const a = await make('a');
    const stranger = { ...a, metadata: { ...a.metadata, uid: 'another' } };
    await make('child', [stranger]);
    await make('orphan', [{ ...a, metadata: { ...a.metadata, name: 'never', uid: 'never' } }]);
    await gone('child', 'orphan');
    expect(await present(configMaps, 'a')).toBeDefined();
  });

  test('one of a kind that is not served holds its dependents', async () => {
    const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w' }];
    await cluster.client.create<ConfigMap>(configMaps, { metadata: { namespace, name: 'held', ownerReferences } });
    const a = await make('a');
    await make('sentinel', [a]);
    await remove('a');
    await gone('sentinel');
    expect(await present(configMaps, 'held')).toBeDefined();
  });

  test('one in another namespace is none, and that is told', async () => {
    const other = `${namespace}-other`;
    await cluster.client.create(namespaces, { metadata: { name: other } });
    const owner = await cluster.client.create(configMaps, { metadata: { namespace: other, name: 'far' } });
    await make('child', [owner]);
    await gone('child');
    await eventually(async () => {
      const { items } = await cluster.client.list(events, { namespace });
      expect(items.find(({ reason }) => reason === 'OwnerRefInvalidNamespace')).toMatchObject({
        type: 'Warning',
        message: `ownerRef [v1/ConfigMap, namespace: ${namespace}, name: far, uid: ${owner.metadata.uid}] does not exist in namespace "${namespace}"`,
      });
    });
    expect(await getIfPresent(cluster.client, configMaps, { namespace: other, name: 'far' })).toBeDefined();
  });

  test('one in a namespace is none for what is in no namespace, which stays', async () => {
    const owner = await make('a');
    const name = `odd-${namespace}`;
    await cluster.client.create(nodes, { metadata: { name, ownerReferences: [referenceTo(owner)] } });
    await eventually(async () => {
      const { items } = await cluster.client.list(events, { fieldSelector: `involvedObject.name=${name}` });
      expect(items.map(({ reason }) => reason)).toContain('OwnerRefInvalidNamespace');
    });
    await remove('a');
    await gone('a');
    expect(await cluster.client.get(nodes, { namespace: '', name })).toBeDefined();
    await cluster.client.delete(nodes, { namespace: '', name });
  });

  test('hundreds of dependents go, each with one delete', async () => {
    const a = await make('a');
    await Promise.all(Array.from({ length: 300 }, (_, index) => make(`child-${index}`, [a])));
    const seen = await cluster.record(configMaps, { namespace });
    await remove('a', 'Foreground');
    await eventually(async () => {
      const { items } = await cluster.client.list(configMaps, { namespace });
      expect(items.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')).toEqual([]);
    });
    await eventually(() => expect(seen.filter(({ type }) => type === 'DELETED')).toHaveLength(301));
    // The owner once when it began to wait, and every object once as it went.
    expect(seen.filter(({ type }) => type === 'MODIFIED').length).toBeLessThanOrEqual(1);
  });
});

describe('a namespace', () => {
  async function fill(): Promise<void> {
    const { client } = cluster;
    await client.create(deployments, newDeployment(namespace, 'web', 3));
    const ports = [{ port: 80 }];
    await client.create(services, { metadata: { namespace, name: 'web' }, spec: { selector: { app: 'web' }, ports } });
    await client.create(secrets, { metadata: { namespace, name: 's' }, stringData: { a: 'b' } });
    await make('plain');
    await eventually(async () => {
      expect((await client.get(deployments, { namespace, name: 'web' })).status?.availableReplicas).toBe(3);
      expect(await present(serviceAccounts, 'default')).toBeDefined();
      expect((await client.list(events, { namespace })).items.length).toBeGreaterThan(0);
    });
  }
  async function leftIn(): Promise<string[]> {
    const left: string[] = [];
    for (const resource of resourceTable) {
      if (!resource.namespaced || resource.stored === false || resource.view) continue;
      const { items } = await cluster.client.list(resource, { namespace });
      left.push(...items.map(({ metadata }) => `${resource.plural}/${metadata.name}`));
    }
    return left;
  }
  const get = () => getIfPresent(cluster.client, namespaces, { namespace: '', name: namespace });

  test('goes with everything in it, the pods first, and no pod is made anew', async () => {
    await fill();
    player.mayEnd = () => false;
    const seen = await cluster.record(pods, { namespace });
    const deploymentsSeen = await cluster.record(deployments, { namespace });
    await cluster.client.delete(namespaces, { namespace: '', name: namespace });
    await eventually(async () => {
      const all = await listPods(cluster.client, namespace);
      expect(all.map(({ metadata }) => metadata.deletionTimestamp !== undefined)).toEqual([true, true, true]);
      const conditions = (await get())?.status?.conditions ?? [];
      expect(conditions.find(({ type }) => type === 'NamespaceContentRemaining')).toMatchObject({
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: 'Some resources are remaining: pods. has 3 resource instances',
      });
    });
    expect(deploymentsSeen.filter(({ type }) => type === 'DELETED')).toEqual([]);
    player.mayEnd = () => true;
    player.look();
    await eventually(async () => expect(await get()).toBeUndefined());
    expect(await leftIn()).toEqual([]);
    expect(seen.filter(({ type }) => type === 'ADDED')).toEqual([]);
  });

  test('waits for a finalizer that hangs, says so without end of writes, and goes once it is gone', async () => {
    await fill();
    await make('hanging', [], ['example.com/hang']);
    const seen = await cluster.record(namespaces);
    await cluster.client.delete(namespaces, { namespace: '', name: namespace });
    await eventually(async () => {
      const conditions = (await get())?.status?.conditions ?? [];
      const told = Object.fromEntries(conditions.map(({ type, status, message }) => [type, [status, message]]));
      expect(told).toMatchObject({
        NamespaceDeletionContentFailure: ['False', 'All content successfully deleted, may be waiting on finalization'],
        NamespaceContentRemaining: ['True', 'Some resources are remaining: configmaps. has 1 resource instances'],
        NamespaceFinalizersRemaining: [
          'True',
          'Some content in the namespace has finalizers remaining: example.com/hang in 1 resource instances',
        ],
      });
    });
    expect(await leftIn()).toContain('configmaps/hanging');
    await expect(make('late')).rejects.toMatchObject({ reason: 'Forbidden' });
    const own = () => seen.filter(({ object }) => object.metadata.name === namespace).length;
    const before = own();
    expect(before).toBeLessThanOrEqual(12);
    await cluster.client.patch(configMaps, { namespace, name: 'hanging' }, 'merge', { metadata: { finalizers: null } });
    await eventually(async () => expect(await get()).toBeUndefined());
    expect(own() - before).toBeLessThanOrEqual(5);
    expect(await leftIn()).toEqual([]);
    // It can be made again, and is another.
    await cluster.client.create(namespaces, { metadata: { name: namespace } });
    await eventually(async () => expect(await present(serviceAccounts, 'default')).toBeDefined());
  });

  test('a ReplicaSet whose pods go with it does not ask for new ones in a loop', async () => {
    await cluster.client.create(deployments, newDeployment(namespace, 'web', 20));
    await eventually(async () =>
      expect((await cluster.client.get(deployments, { namespace, name: 'web' })).status?.availableReplicas).toBe(20),
    );
    player.mayEnd = ({ metadata }) => metadata.namespace !== namespace;
    const writes = await cluster.record(replicaSets, { namespace });
    await cluster.client.delete(namespaces, { namespace: '', name: namespace });
    await eventually(async () => {
      const all: Persisted<Pod>[] = await listPods(cluster.client, namespace);
      expect(all.every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true);
      const [set] = await listReplicaSets(cluster.client, namespace);
      expect(set?.status?.replicas ?? 0).toBe(0);
      expect(set?.status?.conditions).toBeUndefined();
    });
    expect(writes.length).toBeLessThanOrEqual(25);
    player.mayEnd = () => true;
    player.look();
    await eventually(async () => expect(await get()).toBeUndefined());
  });
});
