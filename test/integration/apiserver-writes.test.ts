import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RequestInput, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

async function send(method: string, path: string, body?: unknown, input: RequestInput = {}): Promise<Answer> {
  return server.fetch(path, { method, ...input, ...(body === undefined ? {} : { body }) });
}

const patch = (path: string, body: unknown, type = 'merge-patch') =>
  send('PATCH', path, body, { headers: { 'content-type': `application/${type}+json` } });

const configMap = (name: string, data = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

const pod = (name: string, spec = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
  },
});

describe('create', () => {
  test('sets what the system sets, and nothing that the client may not', async () => {
    const { json, status } = await send('POST', CONFIG_MAPS, {
      ...configMap('meta'),
      metadata: { name: 'meta', uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', generation: 7, selfLink: '/x' },
    });
    expect(status).toBe(201);
    const { metadata } = json;
    expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(Date.now() - Date.parse(metadata.creationTimestamp)).toBeLessThan(60_000);
    expect(metadata.resourceVersion).toMatch(/^\d+$/);
    expect(metadata).not.toHaveProperty('selfLink');
    expect(metadata).not.toHaveProperty('generation');
  });

  test('generateName makes a name', async () => {
    const { json } = await send('POST', CONFIG_MAPS, { metadata: { generateName: 'made-' } });
    expect(json.metadata.name).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(json.metadata.generateName).toBe('made-');
  });

  test('dryRun stores nothing, and finds what is taken', async () => {
    expect((await send('POST', `${CONFIG_MAPS}?dryRun=All`, configMap('dry'))).status).toBe(201);
    expect((await send('GET', `${CONFIG_MAPS}/dry`)).status).toBe(404);
    expect((await send('POST', `${CONFIG_MAPS}?dryRun=All`, configMap('meta'))).status).toBe(409);
  });

  test('YAML in, YAML out', async () => {
    const { text, headers, status } = await send('POST', CONFIG_MAPS, 'metadata:\n  name: yaml\ndata:\n  a: "1"\n', {
      headers: { 'content-type': 'application/yaml', accept: 'application/yaml' },
    });
    expect({ status, type: headers['content-type'] }).toEqual({ status: 201, type: 'application/yaml' });
    expect(text).toContain('data:\n  a: "1"\n');
  });

  test('a pod is admitted with its defaults', async () => {
    const { json } = await send('POST', PODS, pod('defaults'));
    expect(json.spec).toMatchObject({
      restartPolicy: 'Always',
      priority: 0,
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    });
    expect(json.status).toMatchObject({ phase: 'Pending' });
  });

  test('a node begins tainted', async () => {
    const { json } = await send('POST', '/api/v1/nodes', { metadata: { name: 'n1' } });
    expect(json.spec.taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
  });
});

describe('update', () => {
  test('without a version it replaces whatever is there; unchanged it writes nothing', async () => {
    const made = await send('POST', CONFIG_MAPS, configMap('put', { a: '1' }));
    const put = await send('PUT', `${CONFIG_MAPS}/put`, configMap('put', { a: '2' }));
    expect(put.json.data).toEqual({ a: '2' });
    expect(put.json.metadata).toMatchObject({
      uid: made.json.metadata.uid,
      creationTimestamp: made.json.metadata.creationTimestamp,
    });
    const again = await send('PUT', `${CONFIG_MAPS}/put`, configMap('put', { a: '2' }));
    expect(again.json.metadata.resourceVersion).toBe(put.json.metadata.resourceVersion);
  });

  test('version 0 is no version, for every way to write', async () => {
    const anyVersion = { resourceVersion: '0' };
    const created = await send('POST', CONFIG_MAPS, { metadata: { name: 'zero', ...anyVersion } });
    expect(created.status).toBe(201);
    const path = `${CONFIG_MAPS}/zero`;
    const dryRun = await send('PUT', `${path}?dryRun=All`, {
      metadata: { name: 'zero', ...anyVersion },
      data: { a: '1' },
    });
    expect(dryRun).toMatchObject({ status: 200, json: { data: { a: '1' } } });
    const updated = await send('PUT', path, { metadata: { name: 'zero', ...anyVersion }, data: { a: '2' } });
    expect(updated).toMatchObject({ status: 200, json: { data: { a: '2' } } });
    expect(Number(updated.json.metadata.resourceVersion)).toBeGreaterThan(
      Number(created.json.metadata.resourceVersion),
    );
    const patched = await patch(path, { metadata: anyVersion, data: { a: '3' } });
    expect(patched).toMatchObject({ status: 200, json: { data: { a: '3' } } });
    await send('POST', DEPLOYMENTS, deployment('zero'));
    const scaled = await send('PUT', `${DEPLOYMENTS}/zero/scale`, { metadata: anyVersion, spec: { replicas: 2 } });
    expect(scaled).toMatchObject({ status: 200, json: { spec: { replicas: 2 } } });
    const stale = await patch(`${DEPLOYMENTS}/zero/scale`, {
      metadata: { resourceVersion: '1' },
      spec: { replicas: 3 },
    });
    expect(stale).toMatchObject({ status: 409, json: { reason: 'Conflict' } });
    const removed = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: anyVersion };
    expect((await send('DELETE', path, removed)).status).toBe(409);
  });

  test('of many with one version, one wins', async () => {
    const { json } = await send('POST', CONFIG_MAPS, configMap('race', { a: '0' }));
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => send('PUT', `${CONFIG_MAPS}/race`, { ...json, data: { a: `${i + 1}` } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 409)]);
  });

  test('the spec counts generations, status and metadata do not', async () => {
    const { json } = await send('POST', DEPLOYMENTS, deployment('generations'));
    expect(json.metadata.generation).toBe(1);
    const path = `${DEPLOYMENTS}/generations`;
    expect((await patch(path, { metadata: { labels: { a: 'b' } } })).json.metadata.generation).toBe(1);
    expect((await patch(path, { spec: { replicas: 2 } })).json.metadata.generation).toBe(2);
    expect((await patch(`${path}/status`, { status: { replicas: 2 }, spec: { replicas: 9 } })).json).toMatchObject({
      metadata: { generation: 2 },
      spec: { replicas: 2 },
      status: { replicas: 2 },
    });
    expect((await patch(path, { status: { replicas: 7 } })).json.status.replicas).toBe(2);
  });

  test('PUT creates what may be created so', async () => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/by-put';
    const made = await send('PUT', path, { metadata: { name: 'by-put' }, spec: { holderIdentity: 'a' } });
    expect(made.status).toBe(201);
    expect((await send('PUT', path, made.json)).status).toBe(200);
    expect(await send('PUT', path, { metadata: { name: 'by-put' } })).toMatchObject({
      status: 422,
      json: { details: { causes: [{ field: 'metadata.resourceVersion' }] } },
    });
  });
});

describe('patch', () => {
  test('of many at once none is lost', async () => {
    await send('POST', CONFIG_MAPS, configMap('patched', {}));
    const keys = Array.from({ length: 24 }, (_, i) => `k${i}`);
    const answers = await Promise.all(keys.map((key) => patch(`${CONFIG_MAPS}/patched`, { data: { [key]: 'x' } })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const { json } = await send('GET', `${CONFIG_MAPS}/patched`);
    expect(Object.keys(json.data).sort()).toEqual([...keys].sort());
  });

  test('strategic merges lists by their keys', async () => {
    await send('POST', DEPLOYMENTS, deployment('strategic'));
    const { json } = await patch(
      `${DEPLOYMENTS}/strategic`,
      { spec: { template: { spec: { containers: [{ name: 'side', image: 'busybox' }] } } } },
      'strategic-merge-patch',
    );
    expect(json.spec.template.spec.containers.map(({ name }: { name: string }) => name).sort()).toEqual(['c', 'side']);
  });

  test('json', async () => {
    await send('POST', CONFIG_MAPS, configMap('json', { a: '1' }));
    const { json } = await patch(`${CONFIG_MAPS}/json`, [{ op: 'add', path: '/data/b', value: '2' }], 'json-patch');
    expect(json.data).toEqual({ a: '1', b: '2' });
  });

  test('dryRun changes nothing', async () => {
    await send('POST', CONFIG_MAPS, configMap('patch-dry', { a: '1' }));
    const dry = await patch(`${CONFIG_MAPS}/patch-dry?dryRun=All`, { data: { a: '2' } });
    expect(dry.json.data).toEqual({ a: '2' });
    expect((await send('GET', `${CONFIG_MAPS}/patch-dry`)).json.data).toEqual({ a: '1' });
  });
});

describe('delete', () => {
  test('finalizers keep the object until the last is gone', async () => {
    await send('POST', CONFIG_MAPS, { metadata: { name: 'held', finalizers: ['example.com/a'] } });
    const path = `${CONFIG_MAPS}/held`;
    const deleted = await send('DELETE', path);
    expect(deleted.json).toMatchObject({
      kind: 'ConfigMap',
      metadata: { deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 },
    });
    const more = await patch(path, { metadata: { finalizers: ['example.com/a', 'example.com/b'] } });
    expect(more).toMatchObject({ status: 422, json: { reason: 'Invalid' } });
    const stays = await patch(path, { metadata: { deletionTimestamp: null, labels: { a: 'b' } } });
    expect(stays.json.metadata.deletionTimestamp).toBe(deleted.json.metadata.deletionTimestamp);
    expect((await patch(path, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await send('GET', path)).status).toBe(404);
  });

  test.each([
    ['Orphan', ['orphan']],
    ['Foreground', ['foregroundDeletion']],
  ])('%s waits for the garbage collector', async (propagationPolicy, finalizers) => {
    const name = `policy-${propagationPolicy.toLowerCase()}`;
    await send('POST', DEPLOYMENTS, deployment(name));
    const answer = await send('DELETE', `${DEPLOYMENTS}/${name}`, {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy,
    });
    const metadata = { finalizers, deletionTimestamp: expect.any(String) };
    expect(answer).toMatchObject({ status: 200, json: { metadata } });
  });

  test('a pod that runs is given time, once; its kubelet ends it', async () => {
    await send('POST', PODS, pod('graceful'));
    const path = `${PODS}/graceful`;
    expect((await send('POST', `${path}/binding`, { target: { kind: 'Node', name: 'n1' } })).status).toBe(201);
    const first = await send('DELETE', path);
    expect(first.json.metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
    const ms = Date.parse(first.json.metadata.deletionTimestamp) - Date.now();
    expect(ms).toBeGreaterThan(20_000);
    expect((await send('DELETE', path)).json.metadata.deletionTimestamp).toBe(first.json.metadata.deletionTimestamp);
    expect((await send('DELETE', `${path}?gracePeriodSeconds=5`)).json.metadata.deletionGracePeriodSeconds).toBe(5);
    expect((await send('DELETE', `${path}?gracePeriodSeconds=60`)).json.metadata.deletionGracePeriodSeconds).toBe(5);
    const last = await send('DELETE', path, { gracePeriodSeconds: 0 });
    expect(last.json).toMatchObject({ kind: 'Pod', metadata: { uid: first.json.metadata.uid } });
    expect((await send('GET', path)).status).toBe(404);
  });

  test('a pod that never ran goes at once', async () => {
    await send('POST', PODS, pod('unbound'));
    expect((await send('DELETE', `${PODS}/unbound`)).json.kind).toBe('Pod');
    expect((await send('GET', `${PODS}/unbound`)).status).toBe(404);
  });

  test('deletecollection takes what the selector selects', async () => {
    await Promise.all(
      ['x', 'x', 'y'].map((v, i) =>
        send('POST', CONFIG_MAPS, { metadata: { name: `many-${i}`, labels: { many: v } } }),
      ),
    );
    const answer = await send('DELETE', `${CONFIG_MAPS}?labelSelector=many%3Dx`);
    expect(answer.json).toMatchObject({ kind: 'ConfigMapList' });
    expect(answer.json.items).toHaveLength(2);
    const left = await send('GET', `${CONFIG_MAPS}?labelSelector=many`);
    expect(left.json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['many-2']);
  });
});

describe('subresources', () => {
  test('a pod is bound once', async () => {
    await send('POST', PODS, pod('bound'));
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'bound' },
      target: { kind: 'Node', name: 'n1' },
    };
    expect(await send('POST', `${PODS}/bound/binding`, binding)).toMatchObject({
      status: 201,
      json: { kind: 'Status', status: 'Success' },
    });
    const { json } = await send('GET', `${PODS}/bound`);
    expect(json.spec.nodeName).toBe('n1');
    expect(json.status.conditions).toContainEqual(expect.objectContaining({ type: 'PodScheduled', status: 'True' }));
    expect(await send('POST', `${PODS}/bound/binding`, binding)).toMatchObject({
      status: 409,
      json: {
        message: 'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n1"',
      },
    });
  });

  test('a scale is printed as one', async () => {
    await send('POST', DEPLOYMENTS, deployment('shown'));
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
    const { json } = await send('GET', `${DEPLOYMENTS}/shown/scale`, undefined, { headers });
    expect(json).toMatchObject({ kind: 'Table', rows: [{ object: { metadata: { name: 'shown' } } }] });
    expect(json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'Desired',
      'Available',
      'Age',
    ]);
    expect(json.rows[0].cells.slice(0, 3)).toEqual(['shown', 1, 0]);
  });

  test('scale', async () => {
    await send('POST', DEPLOYMENTS, deployment('scaled'));
    const path = `${DEPLOYMENTS}/scaled/scale`;
    const read = await send('GET', path);
    expect(read.json).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { selector: 'app=scaled' },
    });
    const put = await send('PUT', path, { ...read.json, spec: { replicas: 3 } });
    expect(put.json.spec.replicas).toBe(3);
    expect((await send('PUT', path, { ...read.json, spec: { replicas: 4 } })).status).toBe(409);
    expect((await patch(path, { spec: { replicas: 5 } })).json.spec.replicas).toBe(5);
    expect((await send('GET', `${DEPLOYMENTS}/scaled`)).json).toMatchObject({
      spec: { replicas: 5 },
      metadata: { generation: 3 },
    });
    expect(await patch(path, { spec: { replicas: -1 } })).toMatchObject({ status: 422 });
  });

  test('a namespace goes once its finalizer and its content are gone', async () => {
    const made = await send('POST', '/api/v1/namespaces', { metadata: { name: 'going' } });
    expect(made.json).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'going' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
    const deleted = await send('DELETE', '/api/v1/namespaces/going');
    expect(deleted.json).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } });
    const refused = await send('POST', '/api/v1/namespaces/going/configmaps', configMap('late'));
    expect(refused).toMatchObject({
      status: 403,
      json: {
        message:
          'configmaps "late" is forbidden: unable to create new content in namespace going because it is being terminated',
        details: { causes: [{ reason: 'NamespaceTerminating' }] },
      },
    });
    const finalized = await send('PUT', '/api/v1/namespaces/going/finalize', {
      ...deleted.json,
      spec: { finalizers: [] },
    });
    expect(finalized.status).toBe(200);
    expect((await send('GET', '/api/v1/namespaces/going')).status).toBe(404);
  });
});
