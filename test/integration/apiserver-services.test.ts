import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let first: RunningApiserver;
let second: RunningApiserver;

const SERVICES = '/api/v1/namespaces/default/services';
/** 14 addresses, the first of them the kubernetes Service's; 20 ports. */
const RANGES = ['--service-cluster-ip-range=10.96.0.0/28', '--service-node-port-range=30000-30019'];

beforeAll(async () => {
  etcd = await startEtcd();
  first = await startApiserver({ etcd: etcd.endpoint, flags: RANGES });
  second = await startApiserver({
    etcd: etcd.endpoint,
    flags: [...RANGES, '--advertise-address=192.0.2.2'],
    authority: first.authority,
    name: 'b',
  });
});

afterAll(async () => {
  await second?.stop();
  await first?.stop();
  await etcd?.stop();
});

const service = (name: string, spec = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const create = (server: RunningApiserver, body: unknown) => server.fetch(SERVICES, { method: 'POST', body });
const remove = (name: string) => first.fetch(`${SERVICES}/${name}`, { method: 'DELETE' });
const patch = (name: string, body: unknown) =>
  first.fetch(`${SERVICES}/${name}`, {
    method: 'PATCH',
    body,
    headers: { 'content-type': 'application/merge-patch+json' },
  });

test('the kubernetes Service has the first address, and every server as its endpoint', async () => {
  const { json } = await first.fetch(`${SERVICES}/kubernetes`);
  expect(json.spec).toMatchObject({ clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] });
  const endpoints = await first.fetch('/api/v1/namespaces/default/endpoints/kubernetes');
  const addresses = endpoints.json.subsets.flatMap((subset: { addresses: { ip: string }[] }) =>
    subset.addresses.map(({ ip }) => ip),
  );
  expect(addresses.sort()).toEqual(['192.0.2.1', '192.0.2.2']);
  const slices = await first.fetch(
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dkubernetes',
  );
  const ports = slices.json.items.flatMap(({ ports }: { ports: { port: number }[] }) => ports.map(({ port }) => port));
  expect(ports.sort()).toEqual([first.securePort, second.securePort].sort());
});

test('two servers at once never give an address or a port twice, and give out all', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => create(i % 2 === 0 ? first : second, service(`s${i}`, { type: 'NodePort' }))),
  );
  const made = answers.filter(({ status }) => status === 201).map(({ json }) => json);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(made).toHaveLength(13);
  for (const { status, json } of refused) {
    expect({ status, message: json.message }).toEqual({
      status: 500,
      message: 'Internal error occurred: failed to allocate a serviceIP: range is full',
    });
  }
  expect(new Set(made.map(({ spec }) => spec.clusterIP)).size).toBe(13);
  const ports = made.map(({ spec }) => spec.ports[0].nodePort);
  expect(new Set(ports).size).toBe(13);
  for (const port of ports) expect(port).toBeGreaterThanOrEqual(30_000);
  // What the refused ones had taken is free again: 13 of 20 ports are in use.
  for (const { metadata } of made) expect((await remove(metadata.name)).status).toBe(200);
  const all = await create(
    first,
    service('all', { type: 'NodePort', ports: Array.from({ length: 20 }, (_, i) => ({ name: `p${i}`, port: i + 1 })) }),
  );
  expect(all.status).toBe(201);
  await remove('all');
});

test('an address or port that is asked for is given once', async () => {
  const asked = { type: 'NodePort', clusterIP: '10.96.0.5', ports: [{ port: 80, nodePort: 30_005 }] };
  expect((await create(first, service('asked', asked))).json.spec).toMatchObject({
    clusterIP: '10.96.0.5',
    clusterIPs: ['10.96.0.5'],
  });
  const again = await create(
    second,
    service('again', { type: 'NodePort', clusterIP: '10.96.0.6', ports: [{ port: 80, nodePort: 30_005 }] }),
  );
  expect(again).toMatchObject({
    status: 422,
    json: {
      message: expect.stringContaining(
        'spec.ports[0].nodePort: Invalid value: 30005: provided port is already allocated',
      ),
    },
  });
  const taken = await create(second, service('again', { clusterIP: '10.96.0.5' }));
  expect(taken).toMatchObject({
    status: 422,
    json: { message: expect.stringContaining('provided IP is already allocated') },
  });
  // The first attempt has given back 10.96.0.6.
  expect((await create(second, service('again', { clusterIP: '10.96.0.6' }))).status).toBe(201);
  await remove('again');
});

test('dryRun gives an address and keeps none', async () => {
  const before = await first.fetch(`${SERVICES}?dryRun=All`, {
    method: 'POST',
    body: service('dry', { clusterIP: '10.96.0.7' }),
  });
  expect(before.status).toBe(201);
  expect((await create(first, service('real', { clusterIP: '10.96.0.7' }))).status).toBe(201);
  await remove('real');
});

test('updates keep what they do not mention, and change of type takes and returns', async () => {
  const put = await first.fetch(`${SERVICES}/asked`, { method: 'PUT', body: service('asked', { type: 'NodePort' }) });
  expect(put.json.spec).toMatchObject({ clusterIP: '10.96.0.5', ports: [{ nodePort: 30_005 }] });
  const internal = await patch('asked', { spec: { type: 'ClusterIP' } });
  expect(internal.json.spec.ports[0]).not.toHaveProperty('nodePort');
  const other = await create(second, service('other', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_005 }] }));
  expect(other.status).toBe(201);
  const moved = await patch('asked', { spec: { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'] } });
  expect(moved).toMatchObject({ status: 422, json: { reason: 'Invalid' } });
  const external = await patch('asked', {
    spec: { type: 'ExternalName', externalName: 'example.com', clusterIP: null, clusterIPs: null },
  });
  expect(external.json.spec).not.toHaveProperty('clusterIP');
  expect((await create(first, service('reuse', { clusterIP: '10.96.0.5' }))).status).toBe(201);
});

test('a headless Service has no address', async () => {
  const { json } = await create(first, service('headless', { clusterIP: 'None' }));
  expect(json.spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] });
});

test('a server that stops takes itself out of the endpoints', async () => {
  const third = await startApiserver({
    etcd: etcd.endpoint,
    flags: [...RANGES, '--advertise-address=192.0.2.3'],
    authority: first.authority,
    name: 'c',
  });
  const addresses = async (): Promise<string[]> => {
    const { json } = await first.fetch('/api/v1/namespaces/default/endpoints/kubernetes');
    return json.subsets
      .flatMap((subset: { addresses: { ip: string }[] }) => subset.addresses.map(({ ip }) => ip))
      .sort();
  };
  expect(await addresses()).toContain('192.0.2.3');
  await third.stop();
  expect(await addresses()).toEqual(['192.0.2.1', '192.0.2.2']);
});
