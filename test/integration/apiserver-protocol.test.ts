import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const BIG = 'x'.repeat(200 * 1024);

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({
    etcd: etcd.endpoint,
    flags: ['--max-requests-inflight=2', '--max-mutating-requests-inflight=1', '--request-timeout=3s'],
  });
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const { status } = await server.fetch(CONFIG_MAPS, {
      method: 'POST',
      body: { metadata: { name }, data: { name } },
    });
    expect(status).toBe(201);
  }
});

afterAll(async () => {
  await etcd?.resume();
  await server?.stop();
  await etcd?.stop();
});

describe('discovery', () => {
  const V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const V2BETA1 = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

  test.each([
    ['/api', { kind: 'APIVersions', versions: ['v1'] }],
    ['/apis', { kind: 'APIGroupList', groups: expect.arrayContaining([expect.objectContaining({ name: 'apps' })]) }],
    ['/apis/apps', { kind: 'APIGroup', name: 'apps', preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } }],
    ['/api/v1', { kind: 'APIResourceList', groupVersion: 'v1' }],
    ['/api/v1/', { kind: 'APIResourceList', groupVersion: 'v1' }],
    ['/apis/apps/v1', { kind: 'APIResourceList', groupVersion: 'apps/v1' }],
    ['/version', { major: '1', minor: '34', gitVersion: 'v1.34.0+kubelab' }],
    ['/', { paths: expect.arrayContaining(['/api', '/apis/apps/v1', '/healthz', '/openapi/v3']) }],
  ])('%s', async (path, document) => {
    expect(await server.fetch(path)).toMatchObject({ status: 200, json: document });
  });

  test.each([
    [`${V2},${V2BETA1},application/json`, V2, 'apidiscovery.k8s.io/v2'],
    [`${V2BETA1},application/json`, V2BETA1, 'apidiscovery.k8s.io/v2beta1'],
  ])('aggregated, with an ETag: %s', async (accept, type, apiVersion) => {
    const answer = await server.fetch('/apis', { headers: { accept } });
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.json).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion });
    const apps = answer.json.items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === 'apps');
    expect(apps.versions[0].resources).toContainEqual(
      expect.objectContaining({
        resource: 'deployments',
        scope: 'Namespaced',
        responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      }),
    );
    const again = await server.fetch('/apis', { headers: { accept, 'if-none-match': String(answer.headers.etag) } });
    expect(again).toMatchObject({ status: 304, text: '' });
  });

  test('OpenAPI v3 by hash, for ever; another hash leads to this one', async () => {
    const { json } = await server.fetch('/openapi/v3');
    const path: string = json.paths['apis/apps/v1'].serverRelativeURL;
    const document = await server.fetch(path);
    expect(document).toMatchObject({ status: 200, headers: { 'cache-control': 'public, immutable' } });
    expect(document.json.components.schemas).toHaveProperty(['io.k8s.api.apps.v1.Deployment']);
    const moved = await server.fetch('/openapi/v3/apis/apps/v1?hash=0');
    expect(moved).toMatchObject({ status: 301, headers: { location: path } });
  });

  test('OpenAPI v2', async () => {
    const { json } = await server.fetch('/openapi/v2');
    expect(json.definitions).toHaveProperty(['io.k8s.api.core.v1.Pod']);
  });
});

describe('lists', () => {
  test('in pages of one snapshot', async () => {
    const first = await server.fetch(`${CONFIG_MAPS}?limit=2`);
    expect(first.json.metadata).toMatchObject({ remainingItemCount: 3, continue: expect.any(String) });
    await server.fetch(CONFIG_MAPS, { method: 'POST', body: { metadata: { name: 'bb' } } });
    const second = await server.fetch(
      `${CONFIG_MAPS}?limit=10&continue=${encodeURIComponent(first.json.metadata.continue)}`,
    );
    const names = [...first.json.items, ...second.json.items].map(
      ({ metadata }: { metadata: { name: string } }) => metadata.name,
    );
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(second.json.metadata).not.toHaveProperty('continue');
    await server.fetch(`${CONFIG_MAPS}/bb`, { method: 'DELETE' });
  });

  test('with selectors', async () => {
    const { json } = await server.fetch(`${CONFIG_MAPS}?fieldSelector=metadata.name%21%3Da`);
    expect(json.items).toHaveLength(4);
  });

  test('as a Table, with whole objects on request', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { json } = await server.fetch(`${CONFIG_MAPS}?includeObject=Object`, { headers: { accept } });
    expect(json).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: expect.any(String) },
    });
    expect(json.rows[0]).toMatchObject({
      cells: expect.arrayContaining(['a']),
      object: { kind: 'ConfigMap', data: { name: 'a' } },
    });
  });

  test('metadata alone', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
    const { json } = await server.fetch(CONFIG_MAPS, { headers: { accept } });
    expect(json).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(json.items[0]).not.toHaveProperty('data');
  });
});

describe('HTTP', () => {
  test('an answer beyond 128 KiB is compressed for who asks', async () => {
    await server.fetch(CONFIG_MAPS, { method: 'POST', body: { metadata: { name: 'big' }, data: { BIG } } });
    const outgoing = request(server.requestOptions(`${CONFIG_MAPS}/big`, { headers: { 'accept-encoding': 'gzip' } }));
    outgoing.end();
    const [response] = await once(outgoing, 'response');
    expect(response.headers['content-encoding']).toBe('gzip');
    const chunks: Buffer[] = await response.toArray();
    expect(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()).data.BIG).toBe(BIG);
    expect((await server.fetch(`${CONFIG_MAPS}/big`)).headers).not.toHaveProperty('content-encoding');
    await server.fetch(`${CONFIG_MAPS}/big`, { method: 'DELETE' });
  });

  test.each([
    [`${CONFIG_MAPS}/a?pretty=true`, 'test', '\n  "kind": "ConfigMap"'],
    [`${CONFIG_MAPS}/a?pretty=0`, 'curl/8.0', '"kind":"ConfigMap"'],
    [`${CONFIG_MAPS}/a`, 'test', '"kind":"ConfigMap"'],
    [`${CONFIG_MAPS}/a`, 'curl/8.0', '\n  "kind": "ConfigMap"'],
    [`${CONFIG_MAPS}?limit=1`, 'Wget/1.21', '\n  "kind": "ConfigMapList"'],
    [`${CONFIG_MAPS}/absent`, 'Mozilla/5.0 (X11)', '\n  "reason": "NotFound"'],
    ['/apis/apps', 'curl/8.0', '\n  "kind": "APIGroup"'],
    ['/apis/apps', 'test', '"kind":"APIGroup"'],
    ['/version', 'test', '\n  "major": "1"'],
    ['/', 'test', '\n  "paths": ['],
  ])('%s is for people or programs, as %s wants it', async (path, agent, text) => {
    expect((await server.fetch(path, { headers: { 'user-agent': agent } })).text).toContain(text);
  });

  test.each([
    [100_000, 200],
    [1_100_000, 431],
  ])('an address of %i characters is answered with %i', async (length, status) => {
    expect((await server.fetch(`/version?command=${'a'.repeat(length)}`)).status).toBe(status);
  });

  test('only HTTP/1.1, and TLS 1.2 at least', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: server.securePort,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
    const old = connect({
      host: '127.0.0.1',
      port: server.securePort,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });

  test('a connection serves many requests', async () => {
    const answers = [];
    for (let i = 0; i < 5; i += 1) answers.push((await server.fetch(`${CONFIG_MAPS}/a`)).status);
    expect(answers).toEqual([200, 200, 200, 200, 200]);
  });
});

test('anybody may ask for health, and for nothing else', async () => {
  for (const path of ['/healthz', '/livez', '/readyz']) {
    expect(await server.fetch(path, { identity: null })).toMatchObject({ status: 200, text: 'ok' });
  }
  expect((await server.fetch('/readyz?verbose', { identity: null })).text).toMatch(/\[\+\]etcd ok\n/);
  expect((await server.fetch('/version', { identity: null })).status).toBe(401);
});

test('metrics count requests', async () => {
  const { text } = await server.fetch('/metrics');
  const created = 'verb="POST",group="",version="v1",resource="configmaps",subresource="",scope="namespace"';
  expect(text).toContain(`apiserver_request_total{${created},component="apiserver",dry_run="",code="201"} `);
  for (const name of [
    'apiserver_request_duration_seconds_bucket',
    'apiserver_current_inflight_requests{request_kind="mutating"}',
    'apiserver_longrunning_requests',
    'etcd_request_duration_seconds_bucket{le="0.005",operation="create",group="",resource="configmaps"}',
    'apiserver_storage_objects{resource="configmaps"} ',
    'apiserver_storage_objects{resource="deployments.apps"} 0',
    'apiserver_resource_objects{group="apps",resource="deployments"} 0',
  ]) {
    expect(text).toContain(name);
  }
});

test('a stopped etcd: too many in flight are refused, those in flight time out, health fails', async () => {
  await etcd.pause();
  try {
    const path = (name: string) => `${CONFIG_MAPS}/${name}`;
    const waiting = [server.fetch(path('a')), server.fetch(path('b'))];
    const refused = await expect
      .poll(() => server.fetch(path('c')), { timeout: 1_500 })
      .toMatchObject({ status: 429, headers: { 'retry-after': '1' }, json: { reason: 'TooManyRequests' } })
      .then(() => true);
    expect(refused).toBe(true);
    for (const answer of await Promise.all(waiting)) {
      expect(answer).toMatchObject({
        status: 504,
        json: { reason: 'Timeout', message: expect.stringContaining('did not complete') },
      });
    }
    const ready = await server.fetch('/readyz');
    expect(ready.status).toBe(500);
    expect(ready.text).toContain('[-]etcd failed');
  } finally {
    await etcd.resume();
  }
  await expect.poll(async () => (await server.fetch(`${CONFIG_MAPS}/a`)).status, { timeout: 10_000 }).toBe(200);
});

test('a server that stops: not ready first, watches end, what is in flight is answered', async () => {
  const stopping = await startApiserver({
    etcd: etcd.endpoint,
    authority: server.authority,
    name: 'stopping',
    flags: ['--shutdown-delay=500ms'],
  });
  const watching = stopping.fetch(`${CONFIG_MAPS}?watch=true&resourceVersion=0&labelSelector=none`);
  await stopping.fetch(`${CONFIG_MAPS}/a`);
  const stopped = stopping.shutDown();
  await expect.poll(async () => (await stopping.fetch('/readyz')).status, { timeout: 450, interval: 20 }).toBe(500);
  expect((await stopping.fetch(`${CONFIG_MAPS}/a`)).status).toBe(200);
  expect(await watching).toMatchObject({ status: 200, text: '' });
  await stopped;
  await expect(stopping.fetch('/readyz')).rejects.toThrow();
  await stopping.stop();
});
