import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let first: RunningApiserver;
let second: RunningApiserver;

const SERVICES = '/api/v1/namespaces/default/services';
const NETWORKING = '/apis/networking.k8s.io/v1';
const ADDRESSES = `${NETWORKING}/ipaddresses`;
const STORED = '/registry/networking.k8s.io/ipaddresses';
/** 14 addresses. */
const FLAGS = ['--service-cluster-ip-range=10.96.0.0/28'];

beforeAll(async () => {
  etcd = await startEtcd();
  first = await startApiserver({ etcd: etcd.endpoint, flags: FLAGS });
  second = await startApiserver({ etcd: etcd.endpoint, flags: FLAGS, authority: first.authority, name: 'b' });
});

afterAll(async () => {
  await second?.stop();
  await first?.stop();
  await etcd?.stop();
});

const create = (name: string, spec = {}, server = first) =>
  server.fetch(SERVICES, { method: 'POST', body: { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } } });
const etcdctl = (...args: string[]) =>
  promisify(execFile)('etcdctl', [`--endpoints=${etcd.endpoint}`, ...args], {
    env: { ...process.env, ETCDCTL_API: '3' },
  });
const remove = (path: string) => first.fetch(path, { method: 'DELETE' });
const address = (name: string) => second.fetch(`${ADDRESSES}/${name}`);

test('the ServiceCIDR kubernetes is there, ready, and printed as by Kubernetes', async () => {
  const { json } = await first.fetch(`${NETWORKING}/servicecidrs/kubernetes`);
  expect(json.spec).toEqual({ cidrs: ['10.96.0.0/28'] });
  expect(json.status.conditions).toEqual([
    {
      type: 'Ready',
      status: 'True',
      reason: '',
      message: 'Kubernetes default Service CIDR is ready',
      lastTransitionTime: expect.any(String),
    },
  ]);
  const { stdout } = await first.kubectl(['get', 'servicecidr,ipaddress']);
  expect(stdout).toMatch(/^NAME +CIDRS +AGE\nservicecidr\.networking\.k8s\.io\/kubernetes +10\.96\.0\.0\/28 +\S+\n/);
  expect(stdout).toMatch(
    /\nNAME +PARENTREF\nipaddress\.networking\.k8s\.io\/10\.96\.0\.1 +services\/default\/kubernetes\n/,
  );
});

test('a ClusterIP has its IPAddress as long as the Service has it', async () => {
  const { json } = await create('one');
  const { clusterIP } = json.spec;
  expect((await address(clusterIP)).json).toMatchObject({
    metadata: {
      name: clusterIP,
      uid: expect.any(String),
      creationTimestamp: expect.any(String),
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'one' } },
  });
  await remove(`${SERVICES}/one`);
  expect((await address(clusterIP)).status).toBe(404);
  const dry = await first.fetch(`${SERVICES}?dryRun=All`, {
    method: 'POST',
    body: { metadata: { name: 'dry' }, spec: { clusterIP, ports: [{ port: 80 }] } },
  });
  expect(dry.status).toBe(201);
  expect((await address(clusterIP)).status).toBe(404);
});

test('a Service costs two writes: its own and its address', async () => {
  await create('counted');
  const { json } = await first.fetch(`${SERVICES}/counted`);
  const written = async (key: string) => {
    const { stdout } = await etcdctl('get', key, '--prefix', '--write-out=json');
    return (JSON.parse(stdout).kvs ?? []).map(({ version }: { version: number }) => version);
  };
  expect(await written('/registry/services/default/counted')).toEqual([1]);
  expect(await written(`${STORED}/${json.spec.clusterIP}`)).toEqual([1]);
  expect(await written('/registry/ranges/serviceips')).toEqual([]);
  await remove(`${SERVICES}/counted`);
});

test('what is refused or has no address leaves no IPAddress', async () => {
  const before = (await first.fetch(ADDRESSES)).json.items.length;
  expect((await create('kubernetes')).status).toBe(409);
  expect((await create('bad', { sessionAffinity: 'Never' })).status).toBe(422);
  expect((await create('headless', { clusterIP: 'None' })).status).toBe(201);
  expect((await create('external', { type: 'ExternalName', externalName: 'example.com' })).status).toBe(201);
  expect((await first.fetch(ADDRESSES)).json.items).toHaveLength(before);
});

test('an IPAddress that a user makes takes the address, and stays', async () => {
  const body = {
    metadata: { name: '10.96.0.9' },
    spec: { parentRef: { group: 'example.com', resource: 'foos', name: 'mine' } },
  };
  expect((await second.fetch(ADDRESSES, { method: 'POST', body })).status).toBe(201);
  const refused = await create('wants', { clusterIP: '10.96.0.9' });
  expect(refused).toMatchObject({
    status: 422,
    json: {
      message:
        'Service "wants" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.9"]: failed to allocate IP 10.96.0.9: provided IP is already allocated',
    },
  });
  await remove(`${ADDRESSES}/10.96.0.9`);
  expect((await create('wants', { clusterIP: '10.96.0.9' })).status).toBe(201);
});

test('an IPAddress that is deleted under its Service is made anew', async () => {
  const { uid } = (await address('10.96.0.9')).json.metadata;
  expect((await remove(`${ADDRESSES}/10.96.0.9`)).status).toBe(200);
  const { json } = await address('10.96.0.9');
  expect(json.spec.parentRef.name).toBe('wants');
  expect(json.metadata.uid).not.toBe(uid);
});

test('outside of every ServiceCIDR nothing is given; another one extends them, and full ones are gone past', async () => {
  expect((await create('far', { clusterIP: '10.97.0.5' })).json.message).toContain(
    'failed to allocate IP 10.97.0.5: the provided network does not match the current range',
  );
  const made = await first.fetch(`${NETWORKING}/servicecidrs`, {
    method: 'POST',
    body: { metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/29'] } },
  });
  expect(made.status).toBe(201);
  expect((await create('far', { clusterIP: '10.97.0.5' })).status).toBe(201);
  // 14 + 6 addresses, three of them in use: kubernetes, wants, far.
  const answers = await Promise.all(
    Array.from({ length: 19 }, (_, i) => create(`s${i}`, {}, i % 2 === 0 ? first : second)),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(17);
  const given = answers.filter(({ status }) => status === 201).map(({ json }) => json.spec.clusterIP as string);
  expect(new Set(given).size).toBe(17);
  expect(given.filter((ip) => ip.startsWith('10.97.'))).toHaveLength(5);
  const full = answers.find(({ status }) => status !== 201);
  expect(full).toMatchObject({
    status: 500,
    json: {
      reason: 'InternalError',
      message: 'Internal error occurred: failed to allocate a serviceIP: range is full',
    },
  });
  expect((await first.fetch(ADDRESSES)).json.items).toHaveLength(20);
  await Promise.all(Array.from({ length: 19 }, (_, i) => remove(`${SERVICES}/s${i}`)));
});

test('a ServiceCIDR that is being deleted gives no more, and its addresses can be given back', async () => {
  const more = `${NETWORKING}/servicecidrs/more`;
  await first.fetch(more, {
    method: 'PATCH',
    body: { metadata: { finalizers: ['networking.k8s.io/service-cidr-finalizer'] } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  expect((await remove(more)).json.metadata.deletionTimestamp).toEqual(expect.any(String));
  const refused = await create('late', { clusterIP: '10.97.0.6' });
  expect(refused.json.message).toContain('the provided network does not match the current range');
  await remove(`${SERVICES}/far`);
  expect((await address('10.97.0.5')).status).toBe(404);
});

test('a server that starts repairs what a crash has left', async () => {
  const old = new Date(Date.now() - 120_000).toISOString().slice(0, 19);
  const leaked = {
    metadata: {
      name: '10.96.0.13',
      uid: 'b6a8f4d2-0000-4000-8000-000000000013',
      creationTimestamp: `${old}Z`,
      labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
    },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'never-stored' } },
  };
  const value = (object: object) => `{"writeId":"test"}\n${JSON.stringify({ kind: 'IPAddress', ...object })}`;
  await etcdctl('put', `${STORED}/10.96.0.13`, value(leaked));
  await etcdctl('del', `${STORED}/10.96.0.9`);
  const third = await startApiserver({ etcd: etcd.endpoint, flags: FLAGS, authority: first.authority, name: 'c' });
  await third.stop();
  expect((await address('10.96.0.13')).status).toBe(404);
  expect((await address('10.96.0.9')).json.spec.parentRef.name).toBe('wants');
});
