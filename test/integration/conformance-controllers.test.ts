import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConformanceClient, conformanceClient, type Looked } from './conformance-client.js';
import { type ControllerCluster, startControllerCluster } from './controllers-fixture.js';

/**
 * [sig-api-machinery], [sig-apps], [sig-auth] and [sig-network] of Kubernetes 1.34's conformance tests, where
 * controllers take part. There is no kubelet: what it would write of pods, the tests write.
 */

let cluster: ControllerCluster;
let client: ConformanceClient;
let directory: string;

beforeAll(async () => {
  cluster = await startControllerCluster();
  directory = await mkdtemp(join(tmpdir(), 'kubelab-root-ca-'));
  const authority = join(directory, 'ca.crt');
  await writeFile(authority, cluster.api.authority.certificatePem);
  cluster.startManager('--leader-elect=false', `--root-ca-file=${authority}`);
  client = conformanceClient(cluster.api);
});

afterAll(async () => {
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

const APPS = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}`;
const within = (look: () => Promise<unknown>, timeout = 20_000) => expect.poll(look, { timeout, interval: 30 });
const podSpec = (resources = {}) => ({ containers: [{ name: 'c', image: 'nginx:1', resources }] });
const template = (app: string, image = 'nginx:1') => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image }] },
});

async function newNamespace(name: string): Promise<string> {
  await client.create('/api/v1/namespaces', { metadata: { name } });
  return `/api/v1/namespaces/${name}`;
}

const names = async (path: string): Promise<string[]> =>
  (await client.get(path)).items.map(({ metadata }: Looked) => metadata.name);

/** As the kubelet would: every pod of the namespace that is new runs and is ready. */
async function runPods(namespace: string): Promise<void> {
  const { items } = await client.get(`${namespace}/pods`);
  for (const { metadata, status } of items) {
    if (status.phase === 'Running') continue;
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }];
    await client
      .patch(`${namespace}/pods/${metadata.name}/status`, { status: { phase: 'Running', conditions } })
      .catch(() => undefined);
  }
}

describe('the garbage collector', () => {
  let namespace = '';
  let apps = '';

  beforeAll(async () => {
    namespace = await newNamespace('collected');
    apps = APPS('collected');
  });

  const deployment = (name: string) => ({
    metadata: { name },
    spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template(name) },
  });

  async function startDeployment(name: string): Promise<void> {
    await client.create(`${apps}/deployments`, deployment(name));
    await within(() => names(`${namespace}/pods?labelSelector=app%3D${name}`)).toHaveLength(2);
  }

  test('deletes the ReplicaSet of a Deployment that is not to orphan it', async () => {
    await startDeployment('background');
    await client.remove(`${apps}/deployments/background`, { propagationPolicy: 'Background' });
    await within(() => names(`${apps}/replicasets?labelSelector=app%3Dbackground`)).toEqual([]);
    await within(() => names(`${namespace}/pods?labelSelector=app%3Dbackground`)).toEqual([]);
  });

  test('orphans the ReplicaSet of a Deployment that says so', async () => {
    await startDeployment('orphan');
    await client.remove(`${apps}/deployments/orphan`, { propagationPolicy: 'Orphan' });
    await client.gone(`${apps}/deployments/orphan`);
    const [replicaSet] = (await client.get(`${apps}/replicasets?labelSelector=app%3Dorphan`)).items;
    expect(replicaSet.metadata.ownerReferences ?? []).toEqual([]);
    expect(await names(`${namespace}/pods?labelSelector=app%3Dorphan`)).toHaveLength(2);
  });

  async function startOwner(name: string, replicas: number): Promise<Looked> {
    const owner = await client.create(controllers(), {
      metadata: { name },
      spec: { replicas, selector: { app: name }, template: template(name) },
    });
    await within(async () => (await podsOf(name)).length).toBe(replicas);
    return owner;
  }

  const reference = ({ metadata, apiVersion, kind }: Looked, controller?: boolean) => ({
    apiVersion: apiVersion ?? 'v1',
    kind,
    name: metadata.name,
    uid: metadata.uid,
    ...(controller ? { controller, blockOwnerDeletion: true } : {}),
  });
  const podsOf = (name: string) => names(`${namespace}/pods?labelSelector=app%3D${name}`);
  const controllers = () => `${namespace}/replicationcontrollers`;

  test('deletes pods of a controller that is not to orphan them', async () => {
    await startOwner('rc-background', 2);
    await client.remove(`${controllers()}/rc-background`, { propagationPolicy: 'Background' });
    await within(() => podsOf('rc-background')).toEqual([]);
  });

  test('orphans pods of a controller that says so, in either way to say it', async () => {
    await startOwner('rc-orphan', 2);
    await client.remove(`${controllers()}/rc-orphan`, { orphanDependents: true });
    await client.gone(`${controllers()}/rc-orphan`);
    for (const { metadata } of (await client.get(`${namespace}/pods?labelSelector=app%3Drc-orphan`)).items)
      expect(metadata.ownerReferences ?? []).toEqual([]);
    expect(await podsOf('rc-orphan')).toHaveLength(2);
  });

  test('keeps a controller until all its pods are deleted, where that is said', async () => {
    const owner = await startOwner('rc-foreground', 3);
    const [first] = await podsOf('rc-foreground');
    const held = await client.patch(`${namespace}/pods/${first}`, { metadata: { finalizers: ['e2e/hold'] } });
    const answer = await client.ask('DELETE', `${controllers()}/rc-foreground`, {
      propagationPolicy: 'Foreground',
      preconditions: { uid: owner.metadata.uid },
    });
    expect(answer.status).toBe(200);
    await within(() => podsOf('rc-foreground')).toEqual([held.metadata.name]);
    const waiting = await client.get(`${controllers()}/rc-foreground`);
    expect(waiting.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect(waiting.metadata.deletionTimestamp).toBeDefined();
    await client.patch(`${namespace}/pods/${first}`, { metadata: { finalizers: null } });
    await client.gone(`${controllers()}/rc-foreground`);
  });

  test('keeps dependents of a valid owner beside one that waits for its dependents', async () => {
    const stays = await startOwner('rc-stays', 0);
    await startOwner('rc-goes', 4);
    const kept = (await podsOf('rc-goes')).slice(0, 2);
    for (const name of kept)
      await client.patch(
        `${namespace}/pods/${name}`,
        { metadata: { ownerReferences: [reference(stays)] } },
        'strategic-merge-patch',
      );
    await client.remove(`${controllers()}/rc-goes`, { propagationPolicy: 'Foreground' });
    await client.gone(`${controllers()}/rc-goes`);
    expect(await podsOf('rc-goes')).toEqual(kept);
    for (const { metadata } of (await client.get(`${namespace}/pods?labelSelector=app%3Drc-goes`)).items) {
      expect(metadata).not.toHaveProperty('deletionTimestamp');
      expect(metadata.ownerReferences.map(({ name }: Looked) => name)).toEqual(['rc-stays']);
    }
  });

  test('is not blocked by a circle of dependents', async () => {
    const path = (number: number) => `${namespace}/pods/circle-${number}`;
    const pods: Looked[] = [];
    for (let number = 0; number < 3; number += 1)
      pods.push(await client.create(`${namespace}/pods`, { metadata: { name: `circle-${number}` }, spec: podSpec() }));
    for (const [number, owner] of [2, 0, 1].entries())
      await client.patch(
        path(number),
        { metadata: { ownerReferences: [reference({ ...pods[owner], kind: 'Pod' }, true)] } },
        'strategic-merge-patch',
      );
    await client.remove(path(0), { propagationPolicy: 'Foreground', gracePeriodSeconds: 0 });
    for (const number of [0, 1, 2]) await client.gone(path(number));
  });
});

describe('namespaces', () => {
  test('go with their pods and services, and come back without them', async () => {
    const namespace = await newNamespace('nsdeletetest');
    await within(async () => (await client.ask('GET', `${namespace}/serviceaccounts/default`)).status).toBe(200);
    await client.create(`${namespace}/pods`, { metadata: { name: 'test-pod' }, spec: podSpec() });
    await client.create(`${namespace}/services`, {
      metadata: { name: 'test-service' },
      spec: { selector: { foo: 'bar', baz: 'blah' }, ports: [{ port: 80, targetPort: 80 }] },
    });
    const deleted = await client.remove(namespace);
    expect(deleted).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    await client.gone(namespace);
    await newNamespace('nsdeletetest');
    for (const path of ['pods/test-pod', 'services/test-service'])
      expect((await client.ask('GET', `${namespace}/${path}`)).status).toBe(404);
  });

  test('have a kube-root-ca.crt, made anew when it is deleted and mended when it is changed', async () => {
    const path = `${await newNamespace('rooted')}/configmaps/kube-root-ca.crt`;
    const certificate = async () => (await client.ask('GET', path)).json.data;
    await within(certificate).toHaveProperty(['ca.crt']);
    const wanted = await certificate();
    await client.remove(path);
    await within(certificate).toEqual(wanted);
    await client.patch(path, { data: { 'ca.crt': '' } });
    await within(certificate).toEqual(wanted);
  });
});

describe('a ResourceQuota', () => {
  const HARD = {
    pods: '5',
    services: '10',
    'services.nodeports': '1',
    'services.loadbalancers': '1',
    replicationcontrollers: '10',
    resourcequotas: '1',
    cpu: '1',
    memory: '500Mi',
    configmaps: '10',
    secrets: '10',
    persistentvolumeclaims: '10',
    'requests.storage': '10Gi',
    'requests.ephemeral-storage': '50Gi',
    'count/replicasets.apps': '5',
    'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '10',
    'gold.storageclass.storage.k8s.io/requests.storage': '10Gi',
    'requests.example.com/dongle': '3',
  };
  let namespace = '';
  const usedIn = async (path: string, quota = 'test-quota') =>
    (await client.get(`${path}/resourcequotas/${quota}`)).status?.used;
  const used = () => usedIn(namespace);
  const refused = async (path: string, body: Looked) => {
    const { status, json } = await client.ask('POST', path, body);
    expect([status, json.reason]).toEqual([403, 'Forbidden']);
    return json.message as string;
  };

  test('is promptly counted', async () => {
    namespace = await newNamespace('counted');
    await client.create(`${namespace}/resourcequotas`, { metadata: { name: 'test-quota' }, spec: { hard: HARD } });
    await within(used).toEqual({
      ...Object.fromEntries(Object.keys(HARD).map((name) => [name, '0'])),
      resourcequotas: '1',
      configmaps: '1',
    });
    expect((await client.get(`${namespace}/resourcequotas/test-quota`)).status.hard).toEqual(HARD);
  });

  test('follows the life of a service', async () => {
    const services = `${namespace}/services`;
    const service = (name: string, type: string, more = {}) => ({
      metadata: { name },
      spec: { type, ports: [{ port: 80 }], ...more },
    });
    await client.create(services, service('test-service', 'ClusterIP'));
    await client.create(services, service('test-service-np', 'NodePort'));
    const message = await refused(services, service('test-service-lb', 'LoadBalancer'));
    expect(message).toBe(
      'services "test-service-lb" is forbidden: exceeded quota: test-quota, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
    );
    await within(used).toMatchObject({ services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
    await client.create(services, service('lb-np', 'LoadBalancer', { allocateLoadBalancerNodePorts: false }));
    await within(used).toMatchObject({ services: '3', 'services.nodeports': '1', 'services.loadbalancers': '1' });
    for (const name of ['test-service', 'test-service-np', 'lb-np']) await client.remove(`${services}/${name}`);
    await within(used).toMatchObject({ services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
  });

  test('follows the life of a pod', async () => {
    const pods = `${namespace}/pods`;
    const pod = (name: string, requests: object, limits = {}) => ({
      metadata: { name },
      spec: podSpec({ requests, limits }),
    });
    await client.create(
      pods,
      pod(
        'test-pod',
        { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'example.com/dongle': '2' },
        { 'example.com/dongle': '2' },
      ),
    );
    const counted = {
      pods: '1',
      cpu: '500m',
      memory: '252Mi',
      'requests.ephemeral-storage': '30Gi',
      'requests.example.com/dongle': '2',
    };
    await within(used).toMatchObject(counted);
    expect(await refused(pods, pod('fail-pod', { cpu: '600m', memory: '100Mi' }))).toContain(
      'exceeded quota: test-quota, requested: cpu=600m, used: cpu=500m, limited: cpu=1',
    );
    await refused(
      pods,
      pod(
        'fail-dongle',
        { cpu: '100m', memory: '100Mi', 'ephemeral-storage': '1Gi', 'example.com/dongle': '2' },
        { 'example.com/dongle': '2' },
      ),
    );
    const read = await client.get(`${pods}/test-pod`);
    read.spec.containers[0].resources.requests.cpu = '100m';
    expect((await client.ask('PUT', `${pods}/test-pod`, read)).status).toBe(422);
    await within(used).toMatchObject(counted);
    await client.remove(`${pods}/test-pod`, { gracePeriodSeconds: 0 });
    await within(used).toMatchObject({ pods: '0', cpu: '0', memory: '0', 'requests.example.com/dongle': '0' });
  });

  test.each([
    ['secrets', { data: { key: 'dmFsdWU=' } }, { secrets: '1' }, { secrets: '0' }],
    ['configmaps', { data: { key: 'value' } }, { configmaps: '2' }, { configmaps: '1' }],
    [
      'replicationcontrollers',
      { spec: { replicas: 0, selector: { app: 'x' }, template: template('x') } },
      { replicationcontrollers: '1' },
      { replicationcontrollers: '0' },
    ],
    [
      'replicasets',
      { spec: { replicas: 0, selector: { matchLabels: { app: 'x' } }, template: template('x') } },
      { 'count/replicasets.apps': '1' },
      { 'count/replicasets.apps': '0' },
    ],
    [
      'persistentvolumeclaims',
      {
        spec: {
          storageClassName: 'gold',
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
        },
      },
      {
        persistentvolumeclaims: '1',
        'requests.storage': '1Gi',
        'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
        'gold.storageclass.storage.k8s.io/requests.storage': '1Gi',
      },
      { persistentvolumeclaims: '0', 'requests.storage': '0' },
    ],
  ])('follows the life of one of the %s', async (plural, body, with1, without) => {
    const collection = `${plural === 'replicasets' ? APPS('counted') : namespace}/${plural}`;
    await client.create(collection, { metadata: { name: 'test' }, ...body });
    await within(used).toMatchObject(with1);
    await client.remove(`${collection}/test`, { propagationPolicy: 'Background' });
    await within(used).toMatchObject(without);
  });

  test('of a scope counts the pods of it', async () => {
    const path = await newNamespace('scoped');
    const scoped = (name: string, spec: object) =>
      client.create(`${path}/resourcequotas`, { metadata: { name }, spec: { hard: { pods: '5' }, ...spec } });
    await scoped('besteffort', { scopes: ['BestEffort'] });
    await scoped('not-besteffort', { scopes: ['NotBestEffort'] });
    await scoped('terminating', { scopes: ['Terminating'] });
    await scoped('not-terminating', { scopes: ['NotTerminating'] });
    await scoped('priority', {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }],
      },
    });
    const counts = async () => {
      const { items } = await client.get(`${path}/resourcequotas`);
      return Object.fromEntries(items.map(({ metadata, status }: Looked) => [metadata.name, status?.used?.pods]));
    };
    const none = {
      besteffort: '0',
      'not-besteffort': '0',
      terminating: '0',
      'not-terminating': '0',
      priority: '0',
    };
    await within(counts).toEqual(none);
    const live = async (name: string, spec: object, counted: object) => {
      await client.create(`${path}/pods`, { metadata: { name }, spec: { ...podSpec(), ...spec } });
      await within(counts).toEqual({ ...none, ...counted });
      await client.remove(`${path}/pods/${name}`, { gracePeriodSeconds: 0 });
      await within(counts).toEqual(none);
    };
    const some = podSpec({ requests: { cpu: '500m', memory: '200Mi' }, limits: { cpu: '1', memory: '400Mi' } });
    await live('besteffort', {}, { besteffort: '1', 'not-terminating': '1' });
    await live('burstable', some, { 'not-besteffort': '1', 'not-terminating': '1' });
    await live('ends', { activeDeadlineSeconds: 3600 }, { besteffort: '1', terminating: '1' });
    await live(
      'critical',
      { priorityClassName: 'system-node-critical' },
      { besteffort: '1', 'not-terminating': '1', priority: '1' },
    );
  });

  test('is updated and deleted', async () => {
    const path = await newNamespace('updated');
    const quotas = `${path}/resourcequotas`;
    await client.create(quotas, { metadata: { name: 'q' }, spec: { hard: { cpu: '1', memory: '500Mi' } } });
    const quota = await client.get(`${quotas}/q`);
    quota.spec.hard = { cpu: '2', memory: '1Gi' };
    const updated = await client.update(`${quotas}/q`, { ...quota, metadata: { name: 'q' } });
    expect(updated.spec.hard).toEqual({ cpu: '2', memory: '1Gi' });
    await within(async () => (await client.get(`${quotas}/q`)).status?.hard).toEqual({ cpu: '2', memory: '1Gi' });
    // The controller takes back what anybody else writes into the status.
    await client.patch(`${quotas}/q/status`, { status: { hard: { cpu: '3', memory: '3Gi' } } });
    await within(async () => (await client.get(`${quotas}/q`)).status?.hard).toEqual({ cpu: '2', memory: '1Gi' });
    await client.remove(`${quotas}/q`);
    await client.gone(`${quotas}/q`);
  });
});

describe('a ReplicaSet', () => {
  test('adopts a pod that matches, and releases one that does no more', async () => {
    const namespace = await newNamespace('adopting');
    await client.create(`${namespace}/pods`, {
      metadata: { name: 'pod-adoption-release', labels: { name: 'pod-adoption-release' } },
      spec: podSpec(),
    });
    const replicaSet = await client.create(`${APPS('adopting')}/replicasets`, {
      metadata: { name: 'pod-adoption-release' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { name: 'pod-adoption-release' } },
        template: { metadata: { labels: { name: 'pod-adoption-release' } }, spec: podSpec() },
      },
    });
    const owners = async () =>
      (await client.get(`${namespace}/pods/pod-adoption-release`)).metadata.ownerReferences ?? [];
    await within(owners).toMatchObject([{ uid: replicaSet.metadata.uid, controller: true, blockOwnerDeletion: true }]);
    await client.patch(`${namespace}/pods/pod-adoption-release`, {
      metadata: { labels: { name: 'not-matching-name' } },
    });
    await within(owners).toEqual([]);
    await within(() => names(`${namespace}/pods?labelSelector=name%3Dpod-adoption-release`)).toHaveLength(1);
  });

  test('has a working scale, replaced and patched', async () => {
    const namespace = await newNamespace('scaled');
    const path = `${APPS('scaled')}/replicasets/test-rs`;
    await client.create(`${APPS('scaled')}/replicasets`, {
      metadata: { name: 'test-rs' },
      spec: { replicas: 1, selector: { matchLabels: { app: 's' } }, template: template('s') },
    });
    const scale = await client.get(`${path}/scale`);
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'test-rs', namespace: 'scaled' },
      spec: { replicas: 1 },
      status: { selector: 'app=s' },
    });
    scale.metadata.resourceVersion = '';
    scale.spec.replicas = 2;
    expect((await client.update(`${path}/scale`, scale)).spec.replicas).toBe(2);
    expect((await client.get(path)).spec.replicas).toBe(2);
    await within(() => names(`${namespace}/pods`)).toHaveLength(2);
    const payload = { spec: { replicas: 4 } };
    await client.patch(`${path}/scale`, payload, 'strategic-merge-patch');
    await within(async () => (await client.get(`${path}/scale`)).status.replicas).toBe(4);
    await client.patch(path, { spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 0 } } } });
    await within(() => names(`${namespace}/pods`)).toHaveLength(3);
  });

  test('says in a condition that a quota keeps it from its pods', async () => {
    const namespace = await newNamespace('failing');
    await client.create(`${namespace}/resourcequotas`, {
      metadata: { name: 'condition-test' },
      spec: { hard: { pods: '2' } },
    });
    await within(async () => (await client.get(`${namespace}/resourcequotas/condition-test`)).status?.hard).toEqual({
      pods: '2',
    });
    const path = `${APPS('failing')}/replicasets/condition-test`;
    await client.create(`${APPS('failing')}/replicasets`, {
      metadata: { name: 'condition-test' },
      spec: { replicas: 3, selector: { matchLabels: { app: 'c' } }, template: template('c') },
    });
    const conditions = async () => (await client.get(path)).status.conditions ?? [];
    await within(conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }]);
    await client.patch(`${path}/scale`, { spec: { replicas: 2 } });
    await within(conditions).toEqual([]);
  });
});

describe('a Deployment', () => {
  test('runs through its life', async () => {
    const namespace = await newNamespace('deployed');
    const path = `${APPS('deployed')}/deployments/test-deployment`;
    const watch = await client.watch(
      `${APPS('deployed')}/deployments?labelSelector=test-deployment-static%3Dtrue&resourceVersion=0`,
    );
    await client.create(`${APPS('deployed')}/deployments`, {
      metadata: { name: 'test-deployment', labels: { 'test-deployment-static': 'true' } },
      spec: {
        replicas: 2,
        selector: { matchLabels: { 'test-deployment-static': 'true' } },
        template: { metadata: { labels: { 'test-deployment-static': 'true' } }, spec: podSpec() },
      },
    });
    await watch.until('ADDED');
    await within(async () => {
      await runPods(namespace);
      return (await client.get(path)).status;
    }).toMatchObject({ availableReplicas: 2, readyReplicas: 2, updatedReplicas: 2, observedGeneration: 1 });
    await client.patch(
      path,
      {
        metadata: { labels: { 'test-deployment': 'patched' } },
        spec: { replicas: 1, template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } },
      },
      'strategic-merge-patch',
    );
    await within(async () => {
      await runPods(namespace);
      return (await client.get(path)).status;
    }).toMatchObject({ readyReplicas: 1, replicas: 1, updatedReplicas: 1, observedGeneration: 2 });
    expect(
      (await client.get('/apis/apps/v1/deployments?labelSelector=test-deployment-static%3Dtrue')).items,
    ).toHaveLength(1);
    const status = await client.get(`${path}/status`);
    expect(status.status.readyReplicas).toBe(1);
    const types = status.status.conditions.map(({ type, reason }: Looked) => [type, reason]);
    expect(Object.fromEntries(types)).toEqual({
      Available: 'MinimumReplicasAvailable',
      Progressing: 'NewReplicaSetAvailable',
    });
    await client.remove(`${APPS('deployed')}/deployments?labelSelector=test-deployment-static%3Dtrue`);
    await watch.until('DELETED');
    watch.close();
  });

  test('rolls over, keeps no more history than it is told, and scales in proportion', async () => {
    const namespace = await newNamespace('rolled');
    const path = `${APPS('rolled')}/deployments/rolled`;
    const replicaSets = async () => {
      const { items } = await client.get(`${APPS('rolled')}/replicasets`);
      return Object.fromEntries(
        items.map(({ spec, metadata }: Looked) => [
          spec.template.spec.containers[0].image,
          `${spec.replicas} at ${metadata.annotations['deployment.kubernetes.io/revision']}`,
        ]),
      );
    };
    await client.create(`${APPS('rolled')}/deployments`, {
      metadata: { name: 'rolled' },
      spec: {
        replicas: 10,
        revisionHistoryLimit: 0,
        strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
        selector: { matchLabels: { app: 'rolled' } },
        template: template('rolled', 'nginx:1'),
      },
    });
    await within(async () => {
      await runPods(namespace);
      return (await client.get(path)).status;
    }).toMatchObject({ availableReplicas: 10 });
    const setImage = (image: string) =>
      client.patch(
        path,
        { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } },
        'strategic-merge-patch',
      );
    await setImage('nginx:404');
    await within(replicaSets).toEqual({ 'nginx:1': '8 at 1', 'nginx:404': '5 at 2' });
    // 20 more, of which the larger one gets the larger part.
    await client.patch(path, { spec: { replicas: 30 } });
    await within(replicaSets).toEqual({ 'nginx:1': '20 at 1', 'nginx:404': '13 at 2' });
    await client.patch(path, { spec: { replicas: 2 } });
    await setImage('nginx:3');
    await within(async () => {
      await runPods(namespace);
      return replicaSets();
    }).toEqual({ 'nginx:3': '2 at 3' });
    expect((await client.get(path)).metadata.annotations['deployment.kubernetes.io/revision']).toBe('3');
  });
});

describe('a Service', () => {
  const addressesOf = (slices: Looked) =>
    slices.items
      .flatMap(({ endpoints }: Looked) => (endpoints ?? []).flatMap(({ addresses }: Looked) => addresses))
      .sort();

  test('has Endpoints and EndpointSlices for the pods that match, and loses them with itself', async () => {
    await cluster.addNodes('sliced-node');
    const namespace = await newNamespace('sliced');
    const slices = `/apis/discovery.k8s.io/v1/namespaces/sliced/endpointslices`;
    await client.create(`${namespace}/services`, {
      metadata: { name: 'example-named-port' },
      spec: { selector: { app: 'sliced' }, ports: [{ name: 'http', port: 80, targetPort: 'main' }] },
    });
    await within(() => names(`${slices}?labelSelector=kubernetes.io%2Fservice-name%3Dexample-named-port`)).toHaveLength(
      1,
    );
    await within(async () => (await client.ask('GET', `${namespace}/endpoints/example-named-port`)).status).toBe(200);
    for (const [number, port] of [3000, 3001].entries()) {
      const name = `pod${number}`;
      await client.create(`${namespace}/pods`, {
        metadata: { name, labels: { app: 'sliced' } },
        spec: {
          nodeName: 'sliced-node',
          containers: [{ name: 'c', image: 'x', ports: [{ name: 'main', containerPort: port }] }],
        },
      });
      const podIP = `10.244.0.${number + 1}`;
      await client.patch(`${namespace}/pods/${name}/status`, { status: { podIP, podIPs: [{ ip: podIP }] } });
    }
    await runPods(namespace);
    await within(async () => addressesOf(await client.get(slices))).toEqual(['10.244.0.1', '10.244.0.2']);
    const { items } = await client.get(slices);
    // One slice a port, as the named port is another one in each pod.
    expect(items.map(({ ports }: Looked) => ports[0].port).sort()).toEqual([3000, 3001]);
    expect(items[0].metadata.labels).toMatchObject({
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    });
    const conditions = { ready: true, serving: true, terminating: false };
    await within(async () => (await client.get(slices)).items).toMatchObject(
      Array(2).fill({ endpoints: [{ conditions, targetRef: { kind: 'Pod' } }] }),
    );
    await within(async () => (await client.get(`${namespace}/endpoints/example-named-port`)).subsets).toHaveLength(2);
    await client.remove(`${namespace}/services/example-named-port`);
    await client.gone(`${namespace}/endpoints/example-named-port`);
    await within(() => names(slices)).toEqual([]);
  });

  test('without a selector has EndpointSlices that mirror its Endpoints', async () => {
    const namespace = await newNamespace('mirrored');
    const slices = '/apis/discovery.k8s.io/v1/namespaces/mirrored/endpointslices';
    const labels = `labelSelector=${encodeURIComponent(
      'kubernetes.io/service-name=example-custom-endpoints,endpointslice.kubernetes.io/managed-by=endpointslicemirroring-controller.k8s.io',
    )}`;
    const mirrored = async () =>
      (await client.get(`${slices}?${labels}`)).items.map(({ ports, endpoints }: Looked) => [ports, endpoints]);
    const subset = (ip: string, port: number) => ({ addresses: [{ ip }], ports: [{ port, protocol: 'TCP' }] });
    const slice = (ip: string, port: number) => [
      [{ name: '', port, protocol: 'TCP' }],
      [{ addresses: [ip], conditions: { ready: true } }],
    ];
    await client.create(`${namespace}/services`, {
      metadata: { name: 'example-custom-endpoints' },
      spec: { ports: [{ name: 'example', port: 80, protocol: 'TCP' }] },
    });
    await client.create(`${namespace}/endpoints`, {
      metadata: { name: 'example-custom-endpoints' },
      subsets: [subset('10.1.2.3', 80)],
    });
    await within(mirrored).toEqual([slice('10.1.2.3', 80)]);
    const path = `${namespace}/endpoints/example-custom-endpoints`;
    const read = await client.get(path);
    await client.update(path, { ...read, subsets: [subset('10.2.3.4', 9090)] });
    await within(mirrored).toEqual([slice('10.2.3.4', 9090)]);
    await client.remove(path);
    await within(mirrored).toEqual([]);
  });

  test('kubernetes points to the API server', async () => {
    const { spec } = await client.get('/api/v1/namespaces/default/services/kubernetes');
    expect(spec.ports).toMatchObject([{ name: 'https', port: 443 }]);
    const { subsets } = await client.get('/api/v1/namespaces/default/endpoints/kubernetes');
    const { items } = await client.get(
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes',
    );
    expect(subsets[0].addresses.map(({ ip }: Looked) => ip)).toEqual(addressesOf({ items }));
    const everywhere = await client.get('/api/v1/services');
    expect(everywhere.items).toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ name: 'kubernetes', namespace: 'default' }) }),
    );
  });
});
