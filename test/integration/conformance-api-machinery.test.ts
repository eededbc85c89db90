import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { type ConformanceClient, conformanceClient, type Looked } from './conformance-client.js';

/** [sig-api-machinery] of Kubernetes 1.34's conformance tests, as far as an apiserver alone is asked. */

let etcd: EtcdProcess;
let server: RunningApiserver;
let client: ConformanceClient;

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint, flags: ['--etcd-compaction-interval=3s'] });
  client = conformanceClient(server);
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

async function newNamespace(name: string): Promise<string> {
  await client.create('/api/v1/namespaces', { metadata: { name } });
  return `/api/v1/namespaces/${name}`;
}

describe('media types', () => {
  const configMaps = '/api/v1/namespaces/kube-system/configmaps';
  const status = async (accept: string, path = configMaps) =>
    (await client.ask('GET', path, undefined, { accept })).status;

  test('who reads nothing that is written here is told what there is, in JSON', async () => {
    const { status, json } = await client.ask('GET', configMaps, undefined, {
      accept: 'text/csv',
    });
    expect([status, json.reason]).toEqual([406, 'NotAcceptable']);
    expect(json.message).toMatch(/^only the following media types are accepted: application\/json/);
  });

  test.each([
    'application/vnd.kubernetes.protobuf,application/json',
    'application/vnd.kubernetes.protobuf, */*',
    'application/json, */*',
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
  ])('%s is answered', async (accept) => {
    expect(await status(accept)).toBe(200);
  });

  test('a review cannot be made a table', async () => {
    const { status, json } = await client.ask(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      {
        kind: 'SelfSubjectAccessReview',
        apiVersion: 'authorization.k8s.io/v1',
        metadata: { creationTimestamp: null },
        spec: { resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
        status: { allowed: false },
      },
      { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    );
    expect([status, json.reason, json.kind]).toEqual([406, 'NotAcceptable', 'Status']);
  });

  test('pages of a table', async () => {
    const templates = `${await newNamespace('tables')}/podtemplates`;
    for (let number = 0; number < 6; number += 1)
      await client.create(templates, { metadata: { name: `template-${number}` }, template: template() });
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const first = await client.ask('GET', `${templates}?limit=2`, undefined, { accept });
    expect(first.json).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(first.json.rows).toHaveLength(2);
    expect(first.json.rows[0].cells).toHaveLength(first.json.columnDefinitions.length);
    expect(first.json.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
    const rest = encodeURIComponent(first.json.metadata.continue);
    const second = await client.ask('GET', `${templates}?continue=${rest}`, undefined, { accept });
    expect(second.json.rows.map(({ object }: Looked) => object.metadata.name)).toEqual(
      [2, 3, 4, 5].map((number) => `template-${number}`),
    );
  });
});

const template = () => ({
  metadata: { labels: { app: 'chunk' } },
  spec: { containers: [{ name: 'test', image: 'test2' }] },
});

describe('a list in chunks', () => {
  const TOTAL = 60;
  let templates = '';

  beforeAll(async () => {
    templates = `${await newNamespace('chunks')}/podtemplates`;
    await Promise.all(
      Array.from({ length: TOTAL }, (_, number) =>
        client.create(templates, {
          metadata: { name: `template-${String(number).padStart(4, '0')}` },
          template: template(),
        }),
      ),
    );
  });

  test('is of one version, and says how much is left', async () => {
    let found = 0;
    let version = '';
    let next = '';
    do {
      const query = next === '' ? 'limit=17' : `limit=17&continue=${encodeURIComponent(next)}`;
      const { metadata, items } = await client.get(`${templates}?${query}`);
      version ||= metadata.resourceVersion;
      expect(metadata.resourceVersion).toBe(version);
      for (const item of items) expect(item.metadata.name).toBe(`template-${String(found++).padStart(4, '0')}`);
      expect(metadata.remainingItemCount ?? 0).toBe(TOTAL - found);
      next = metadata.continue ?? '';
    } while (next !== '');
    expect(found).toBe(TOTAL);
    expect((await client.get(`${templates}?limit=0`)).items).toHaveLength(TOTAL);
  });

  test('goes on after its version is compacted, though inconsistently', async () => {
    const first = await client.get(`${templates}?limit=20`);
    await client.create(templates, { metadata: { name: 'template-9999' }, template: template() });
    const token = encodeURIComponent(first.metadata.continue);
    const goOn = () => client.ask('GET', `${templates}?limit=20&continue=${token}`);
    await expect.poll(async () => (await goOn()).status, { timeout: 20_000 }).toBe(410);
    const expired = await goOn();
    expect(expired.json.reason).toBe('Expired');
    const inconsistent = expired.json.metadata.continue;
    expect(inconsistent).toMatch(/.+/);
    const second = await client.get(`${templates}?limit=20&continue=${encodeURIComponent(inconsistent)}`);
    expect(second.items).toHaveLength(20);
    expect(second.items[0].metadata.name).toBe('template-0020');
    expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    expect(second.metadata.remainingItemCount).toBe(TOTAL + 1 - 40);
    const third = await client.get(`${templates}?limit=1000&continue=${encodeURIComponent(second.metadata.continue)}`);
    expect(third.items).toHaveLength(TOTAL + 1 - 40);
    expect(third.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
  });
});

describe('watchers', () => {
  const labelled = (name: string, value: string) => ({
    metadata: { name, labels: { 'watch-this-configmap': value } },
  });
  const mutate = (path: string, mutation: number) => client.patch(path, { data: { mutation: String(mutation) } });
  const isAt = (mutation: number) => (object: Looked) => object.data?.mutation === String(mutation);
  const select = (...values: string[]) => `labelSelector=${encodeURIComponent(`watch-this-configmap in (${values})`)}`;
  let path = '';

  beforeAll(async () => {
    path = `${await newNamespace('watchers')}/configmaps`;
  });

  test('each see what their selector selects, and nothing else', async () => {
    const [a, b, both] = await Promise.all([
      client.watch(`${path}?${select('A')}`),
      client.watch(`${path}?${select('B')}`),
      client.watch(`${path}?${select('A', 'B')}`),
    ]);
    await client.create(path, labelled('a', 'A'));
    for (const watch of [a, both]) await watch.until('ADDED');
    await mutate(`${path}/a`, 1);
    for (const watch of [a, both]) await watch.until('MODIFIED', isAt(1));
    await client.remove(`${path}/a`);
    for (const watch of [a, both]) await watch.until('DELETED', isAt(1));
    await client.create(path, labelled('b', 'B'));
    for (const watch of [b, both]) expect((await watch.until('ADDED')).metadata.name).toBe('b');
    await client.remove(`${path}/b`);
    for (const watch of [b, both]) expect((await watch.until('DELETED')).metadata.name).toBe('b');
    for (const watch of [a, b, both]) watch.close();
  });

  test('start from any version, and go on from the last that was seen', async () => {
    const created = await client.create(path, labelled('restarted', 'restarted'));
    const first = await mutate(`${path}/restarted`, 1);
    await mutate(`${path}/restarted`, 2);
    const query = `${path}?${select('restarted')}&resourceVersion=`;
    const watch = await client.watch(`${query}${first.metadata.resourceVersion}`);
    const seen = await watch.until('MODIFIED');
    expect(isAt(2)(seen)).toBe(true);
    watch.close();
    await client.remove(`${path}/restarted`);
    const again = await client.watch(`${query}${seen.metadata.resourceVersion}`);
    const gone = await again.until('DELETED', isAt(2));
    expect(Number(gone.metadata.resourceVersion)).toBeGreaterThan(Number(seen.metadata.resourceVersion));
    expect(created.metadata.uid).toBe(gone.metadata.uid);
    again.close();
  });

  test('see a deletion when the selector no longer selects', async () => {
    const watch = await client.watch(`${path}?${select('label-changed')}`);
    await client.create(path, labelled('changed', 'label-changed'));
    await mutate(`${path}/changed`, 1);
    await watch.until('MODIFIED', isAt(1));
    await client.patch(`${path}/changed`, { metadata: { labels: { 'watch-this-configmap': 'wrong-value' } } });
    await watch.until('DELETED', isAt(1));
    await mutate(`${path}/changed`, 2);
    await client.patch(`${path}/changed`, { metadata: { labels: { 'watch-this-configmap': 'label-changed' } } });
    const back = await watch.until('ADDED');
    expect(isAt(2)(back)).toBe(true);
    await mutate(`${path}/changed`, 3);
    await watch.until('MODIFIED', isAt(3));
    await client.remove(`${path}/changed`);
    await watch.until('DELETED', isAt(3));
    watch.close();
  });

  test('from each version of a row see the rest of it in one order', async () => {
    const { metadata } = await client.get(path);
    const first = await client.watch(`${path}?resourceVersion=${metadata.resourceVersion}`);
    for (let number = 0; number < 10; number += 1) {
      await client.create(path, { metadata: { name: `row-${number}` } });
      if (number % 2) await mutate(`${path}/row-${number}`, number);
      if (number % 3) await client.remove(`${path}/row-${number}`);
    }
    await client.create(path, { metadata: { name: 'last' } });
    const versionsOf = async (watch: typeof first) => {
      const versions: string[] = [];
      for (;;) {
        const { type, object } = await watch.next();
        if (type === 'BOOKMARK') continue;
        versions.push(object.metadata.resourceVersion);
        if (object.metadata.name === 'last') return versions;
      }
    };
    const all = await versionsOf(first);
    expect(all).toHaveLength(10 + 5 + 6 + 1);
    for (const [index, version] of all.slice(0, -1).entries()) {
      const watch = await client.watch(`${path}?resourceVersion=${version}`);
      expect(await versionsOf(watch)).toEqual(all.slice(index + 1));
      watch.close();
    }
    first.close();
  });
});

describe('field validation', () => {
  const body = (metadata: string, spec: string) => `{
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "my-dep", ${metadata} "labels": {"app": "nginx"}},
    "spec": {${spec}
      "selector": {"matchLabels": {"app": "nginx"}},
      "template": {
        "metadata": {"labels": {"app": "nginx"}},
        "spec": {"containers": [{"name": "nginx", "image": "nginx:latest"}]}
      }
    }
  }`;
  const post = async (text: string, validation = 'Strict') =>
    client.ask(
      'POST',
      `/apis/apps/v1/namespaces/default/deployments?fieldManager=field_validation_mgr&fieldValidation=${validation}`,
      text,
    );

  test('finds unknown and duplicate fields', async () => {
    const { status, json } = await post(body('', '"unknownField": "foo", "replicas": 2, "replicas": 3,'));
    expect([status, json.reason]).toEqual([400, 'BadRequest']);
    expect(json.message).toContain(
      'strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas"',
    );
  });

  test('finds unknown fields of metadata', async () => {
    const { status, json } = await post(body('"unknownMeta": "foo",', ''));
    expect(status).toBe(400);
    expect(json.message).toContain('strict decoding error: unknown field "metadata.unknownMeta"');
  });

  test('warns, or ignores', async () => {
    const text = body('', '"unknownField": "foo",');
    const { status, headers } = await post(text, 'Warn&dryRun=All');
    expect([status, headers.warning]).toEqual([201, '299 - "unknown field \\"spec.unknownField\\""']);
    expect((await post(text, 'Ignore&dryRun=All')).headers.warning).toBeUndefined();
    expect((await post(text, 'Other')).status).toBe(422);
  });
});

describe('discovery', () => {
  const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

  test('prefers a version of each group, with resources in it', async () => {
    const { groups } = await client.get('/apis');
    for (const { name, versions, preferredVersion } of groups) {
      expect(versions, name).toContainEqual(preferredVersion);
      const { groupVersion, resources } = await client.get(`/apis/${preferredVersion.groupVersion}`);
      expect(groupVersion).toBe(preferredVersion.groupVersion);
      expect(resources.length, name).toBeGreaterThan(0);
    }
  });

  test.each(['/api', '/apis'])('of %s is aggregated for who asks', async (path) => {
    const { status, headers, json } = await client.ask('GET', path, undefined, { accept: AGGREGATED });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(AGGREGATED);
    expect(json).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    for (const { versions } of json.items)
      for (const { resources, freshness } of versions) {
        expect(freshness).toBe('Current');
        expect(resources[0]).toMatchObject({ resource: expect.any(String), responseKind: expect.any(Object) });
      }
  });

  test.each([
    [`${AGGREGATED},application/json`, 'APIGroupDiscoveryList'],
    [
      `application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,${AGGREGATED},application/json`,
      'APIGroupDiscoveryList',
    ],
    ['application/json', 'APIGroupList'],
    ['application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,application/json', 'APIGroupList'],
  ])('by %s is %s', async (accept, kind) => {
    expect((await client.ask('GET', '/apis', undefined, { accept })).json.kind).toBe(kind);
  });

  test('gives a version whose numbers are numbers', async () => {
    const { major, minor, gitVersion } = await client.get('/version');
    expect(major).toBe('1');
    expect(minor).toMatch(/^\d+$/);
    expect(gitVersion).toMatch(/^v1\.\d+\.\d+/);
  });
});

describe('a namespace', () => {
  test('takes a finalizer by its finalize subresource, and gives it back', async () => {
    await newNamespace('finalized');
    const path = '/api/v1/namespaces/finalized';
    const namespace = await client.get(path);
    namespace.spec.finalizers.push('e2e.example.com/fakeFinalizer');
    const updated = await client.update(`${path}/finalize`, namespace);
    expect(updated.spec.finalizers).toEqual(['kubernetes', 'e2e.example.com/fakeFinalizer']);
    updated.spec.finalizers.pop();
    expect((await client.update(`${path}/finalize`, updated)).spec.finalizers).toEqual(['kubernetes']);
  });
});
