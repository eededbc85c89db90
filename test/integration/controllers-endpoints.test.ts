import {
  deployments,
  type EndpointSlice,
  endpointSlices,
  endpoints,
  namespaces,
  nodes,
  type Persisted,
  type Pod,
  pods,
  replicaSets,
  services,
} from '@kubelab/api';
import { getIfPresent } from '@kubelab/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ControllerCluster,
  eventually,
  isActive,
  isReady,
  listPods,
  newDeployment,
  newReplicaSet,
  startControllerCluster,
  template,
} from './controllers-fixture.js';
import { type Player, startPlayer } from './controllers-player.js';

let cluster: ControllerCluster;
let player: Player;
let namespace: string;
let namespaceCount = 0;

beforeAll(async () => {
  cluster = await startControllerCluster();
  await cluster.addNodes('n1', 'n2');
  player = await startPlayer(cluster.newClient(), ['n1', 'n2']);
  cluster.startManager('--leader-elect=false');
});
beforeEach(async () => {
  namespaceCount += 1;
  namespace = `endpoints-${namespaceCount}`;
  await cluster.client.create(namespaces, { metadata: { name: namespace } });
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

const addService = (name = 'web', spec: object = {}) =>
  cluster.client.create(services, {
    metadata: { namespace, name, labels: { team: 'a' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  });
async function slicesOf(name = 'web'): Promise<Persisted<EndpointSlice>[]> {
  const labelSelector = `kubernetes.io/service-name=${name}`;
  return (await cluster.client.list(endpointSlices, { namespace, labelSelector })).items;
}
const readyIn = (slices: EndpointSlice[]) =>
  slices
    .flatMap((slice) =>
      slice.endpoints.filter(({ conditions }) => conditions?.ready).map(({ addresses }) => addresses[0]),
    )
    .sort();
const readyInEndpoints = async (name = 'web') =>
  ((await getIfPresent(cluster.client, endpoints, { namespace, name }))?.subsets ?? [])
    .flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip))
    .sort();
const readyPods = async () =>
  (await listPods(cluster.client, namespace, 'web'))
    .filter((pod) => isActive(pod) && isReady(pod))
    .map(({ status }) => status?.podIP)
    .sort();
/** Both kinds name exactly the ready pods, this many. */
const settled = (count: number) =>
  eventually(async () => {
    const ready = await readyPods();
    expect(ready).toHaveLength(count);
    expect(readyIn(await slicesOf())).toEqual(ready);
    expect(await readyInEndpoints()).toEqual(ready);
  });
const setReady = (pod: Pod, status: string) =>
  cluster.client.patch<Pod>(
    pods,
    { namespace, name: pod.metadata?.name ?? '' },
    'strategic',
    { status: { conditions: [{ type: 'Ready', status }] } },
    { subresource: 'status' },
  );

describe('endpoints', () => {
  test('follow the pods’ readiness, their coming and going', async () => {
    await addService();
    await eventually(async () => expect(await slicesOf()).toMatchObject([{ endpoints: [], ports: [] }]));
    await cluster.client.create(deployments, newDeployment(namespace, 'web', 3));
    await settled(3);
    const [slice, ...others] = await slicesOf();
    expect(others).toEqual([]);
    expect(slice).toMatchObject({
      metadata: { labels: { team: 'a' }, ownerReferences: [{ kind: 'Service', name: 'web' }] },
      addressType: 'IPv4',
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
    });
    expect(new Set(slice?.endpoints.map(({ nodeName }) => nodeName))).toEqual(new Set(['n1', 'n2']));

    const [sick] = await listPods(cluster.client, namespace, 'web');
    player.mayBecomeReady = () => false;
    await setReady(sick as Pod, 'False');
    await settled(2);
    const found = (await slicesOf())[0]?.endpoints.find(({ targetRef }) => targetRef?.uid === sick?.metadata.uid);
    expect(found?.conditions).toEqual({ ready: false, serving: false, terminating: false });
    await setReady(sick as Pod, 'True');
    await settled(3);

    player.mayEnd = () => false;
    await cluster.client.delete(pods, { namespace, name: sick?.metadata.name ?? '' });
    await eventually(async () => {
      const going = (await slicesOf())[0]?.endpoints.find(({ targetRef }) => targetRef?.uid === sick?.metadata.uid);
      expect(going?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    });
    player.mayEnd = () => true;
    player.mayBecomeReady = () => true;
    player.look();
    await settled(3);
    await cluster.client.patch(deployments, { namespace, name: 'web' }, 'merge', { spec: { replicas: 0 } });
    await settled(0);
    await eventually(async () => expect(await slicesOf()).toMatchObject([{ endpoints: [], ports: [] }]));
    await cluster.client.delete(services, { namespace, name: 'web' });
    await eventually(async () => {
      expect(await slicesOf()).toEqual([]);
      expect(await getIfPresent(cluster.client, endpoints, { namespace, name: 'web' })).toBeUndefined();
    });
  });

  test('are written once for what changes them, and not for what does not', async () => {
    await addService();
    await cluster.client.create(replicaSets, newReplicaSet(namespace, 'web', 5));
    await settled(5);
    const slicesSeen = await cluster.record(endpointSlices, { namespace });
    const endpointsSeen = await cluster.record(endpoints, { namespace });
    const counts = () => [slicesSeen.length, endpointsSeen.length];
    const [pod] = await listPods(cluster.client, namespace, 'web');
    const key = { namespace, name: pod?.metadata.name ?? '' };
    for (let step = 0; step < 20; step += 1)
      await cluster.client.patch<Pod>(pods, key, 'merge', { metadata: { annotations: { step: String(step) } } });
    const heartbeat = { status: { conditions: [{ type: 'ContainersReady', status: 'True' }] } };
    await cluster.client.patch<Pod>(pods, key, 'strategic', heartbeat, { subresource: 'status' });
    player.mayBecomeReady = () => false;
    await setReady(pod as Pod, 'False');
    await settled(4);
    await eventually(() => expect(counts()).toEqual([1, 1]));
    await setReady(pod as Pod, 'True');
    await settled(5);
    await eventually(() => expect(counts()).toEqual([2, 2]));
    await cluster.client.patch(services, { namespace, name: 'web' }, 'merge', { metadata: { labels: { team: 'b' } } });
    await eventually(() => expect(counts()).toEqual([3, 3]));
    await cluster.client.patch(services, { namespace, name: 'web' }, 'merge', {
      spec: { sessionAffinity: 'ClientIP' },
    });
    await cluster.client.patch(services, { namespace, name: 'web' }, 'merge', { metadata: { labels: { team: 'c' } } });
    await eventually(() => expect(counts()).toEqual([4, 4]));
  });

  test('follow the Service’s selector and ports', async () => {
    await addService();
    await cluster.client.create(replicaSets, newReplicaSet(namespace, 'web', 2));
    await settled(2);
    const patch = (spec: object) => cluster.client.patch(services, { namespace, name: 'web' }, 'merge', { spec });
    await patch({ ports: [{ port: 80, targetPort: 8080, protocol: 'TCP', name: 'http' }] });
    await eventually(async () => {
      expect((await slicesOf()).map(({ ports }) => ports)).toEqual([[{ name: 'http', port: 8080, protocol: 'TCP' }]]);
      const present = await cluster.client.get(endpoints, { namespace, name: 'web' });
      expect(present.subsets?.[0]?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
    });
    await patch({ selector: { app: 'nothing' } });
    await eventually(async () => {
      expect(await slicesOf()).toMatchObject([{ endpoints: [] }]);
      expect(await readyInEndpoints()).toEqual([]);
    });
    await patch({ selector: { app: 'web' } });
    await settled(2);
  });

  test('of a pod whose node is gone go, and come back with it', async () => {
    await addService();
    await cluster.client.create(nodes, { metadata: { name: 'brief' } });
    const { spec } = template('web');
    await cluster.client.create(pods, {
      metadata: { namespace, name: 'p', labels: { app: 'web' } },
      spec: { ...spec, containers: spec?.containers ?? [], nodeName: 'brief' },
    });
    const status = { phase: 'Running', podIP: '10.9.99.1', conditions: [{ type: 'Ready', status: 'True' }] };
    await cluster.client.patch<Pod>(pods, { namespace, name: 'p' }, 'strategic', { status }, { subresource: 'status' });
    await eventually(async () => expect(readyIn(await slicesOf())).toEqual(['10.9.99.1']));
    await cluster.client.delete(nodes, { namespace: '', name: 'brief' });
    await eventually(async () => expect(readyIn(await slicesOf())).toEqual([]));
    await cluster.client.create(nodes, { metadata: { name: 'brief' } });
    await eventually(async () => expect(readyIn(await slicesOf())).toEqual(['10.9.99.1']));
    await cluster.client.delete(nodes, { namespace: '', name: 'brief' });
    await cluster.client.delete(pods, { namespace, name: 'p' }, { gracePeriodSeconds: 0 });
  });

  test('made by hand are left alone, and mirrored where a Service is', async () => {
    await addService('manual', { selector: undefined });
    const manual = {
      metadata: { namespace, name: 'manual' },
      subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 80 }] }],
    };
    await cluster.client.create(endpoints, manual);
    await cluster.client.create(endpoints, { ...manual, metadata: { namespace, name: 'unserved' } });
    await addService();
    await eventually(async () => expect(await slicesOf()).toHaveLength(1));
    expect(await readyInEndpoints('manual')).toEqual(['192.0.2.7']);
    expect(await readyInEndpoints('unserved')).toEqual(['192.0.2.7']);
    const endpoint = { addresses: ['192.0.2.7'], conditions: { ready: true } };
    await eventually(async () => expect(await slicesOf('manual')).toMatchObject([{ endpoints: [endpoint] }]));
    expect(await slicesOf('unserved')).toEqual([]);
  });
});

test('250 pods are in three slices, each pod once, and one more pod costs one write', async () => {
  await addService();
  await cluster.client.create(replicaSets, newReplicaSet(namespace, 'web', 250));
  await settled(250);
  const sizes = async () => (await slicesOf()).map((slice) => slice.endpoints.length).sort((a, b) => b - a);
  expect(await sizes()).toHaveLength(3);
  for (const size of await sizes()) expect(size).toBeLessThanOrEqual(100);
  const seen = await cluster.record(endpointSlices, { namespace });
  player.mayBecomeReady = () => false;
  const [pod] = await listPods(cluster.client, namespace, 'web');
  await setReady(pod as Pod, 'False');
  await settled(249);
  await eventually(() => expect(seen).toHaveLength(1));
});
