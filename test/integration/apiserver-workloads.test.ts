import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

/** What the apiserver does for workloads beyond storing them. */

let etcd: EtcdProcess;
let server: RunningApiserver;

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

const APPS = '/apis/apps/v1/namespaces/default';
const BATCH = '/apis/batch/v1/namespaces/default';
const CORE = '/api/v1/namespaces/default';
const pods = (more: object = {}) => ({
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'i' }], ...more },
});
const job = (metadata: object) => ({ metadata, spec: { template: { spec: pods({ restartPolicy: 'Never' }).spec } } });
const cronJob = { schedule: '@daily', jobTemplate: job({}) };
const post = (path: string, body: unknown) => server.fetch(path, { method: 'POST', body });

describe('a delete that does not say what becomes of dependents', () => {
  test.each<[string, string, object, string[] | undefined]>([
    ['keeps the pods of a Job', `${BATCH}/jobs`, job({ name: 'x' }), ['orphan']],
    [
      'keeps the pods of a ReplicationController',
      `${CORE}/replicationcontrollers`,
      { metadata: { name: 'x' }, spec: { template: pods() } },
      ['orphan'],
    ],
    [
      'keeps the jobs of a CronJob of v1beta1',
      '/apis/batch/v1beta1/namespaces/default/cronjobs',
      { metadata: { name: 'old' }, spec: cronJob },
      ['orphan'],
    ],
    ['ends a CronJob', `${BATCH}/cronjobs`, { metadata: { name: 'x' }, spec: cronJob }, undefined],
    [
      'ends a StatefulSet',
      `${APPS}/statefulsets`,
      { metadata: { name: 'x' }, spec: { selector: { matchLabels: { app: 'x' } }, template: pods() } },
      undefined,
    ],
  ])('%s', async (_what, path, body, finalizers) => {
    const { json, status } = await post(path, body);
    expect(status).toBe(201);
    const name = json.metadata.name;
    const deleted = await server.fetch(`${path}/${name}`, { method: 'DELETE' });
    expect([deleted.status, deleted.json.metadata.finalizers]).toEqual([200, finalizers]);
    const left = await server.fetch(`${path}/${name}`);
    expect(left.status).toBe(finalizers === undefined ? 404 : 200);
  });

  test('and one that does is obeyed', async () => {
    await post(`${BATCH}/jobs`, job({ name: 'y' }));
    const body = { propagationPolicy: 'Background' };
    expect((await server.fetch(`${BATCH}/jobs/y`, { method: 'DELETE', body })).json.status).toBe('Success');
    expect((await server.fetch(`${BATCH}/jobs/y`)).status).toBe(404);
  });
});

test('a Job of a made-up name has that name, and its own uid, in its labels', async () => {
  const { json } = await post(`${BATCH}/jobs`, job({ generateName: 'made-' }));
  const { name, uid, labels } = json.metadata;
  expect(name).toMatch(/^made-\w{5}$/);
  expect(labels).toEqual({
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
  });
  expect(json.spec.template.metadata.labels).toEqual(labels);
  expect(json.spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } });
});

test('status is apart from spec, and generation counts changes of spec', async () => {
  const path = `${APPS}/daemonsets`;
  const spec = { selector: { matchLabels: { app: 'x' } }, template: pods() };
  const { json: created } = await post(path, { metadata: { name: 'd' }, spec, status: { numberReady: 9 } });
  expect([created.metadata.generation, created.status.numberReady]).toEqual([1, 0]);
  const put = (to: string, body: unknown) => server.fetch(`${path}/d${to}`, { method: 'PUT', body });
  const { json: ready } = await put('/status', {
    ...created,
    spec: { ...created.spec, minReadySeconds: 5 },
    status: { ...created.status, numberReady: 3 },
  });
  expect([ready.metadata.generation, ready.status.numberReady, ready.spec.minReadySeconds]).toEqual([1, 3, undefined]);
  const { json: changed } = await put('', {
    ...ready,
    spec: { ...ready.spec, minReadySeconds: 5 },
    status: { ...ready.status, numberReady: 0 },
  });
  expect([changed.metadata.generation, changed.status.numberReady]).toEqual([2, 3]);
  expect(changed.metadata.annotations['deprecated.daemonset.template.generation']).toBe('1');
});

test.each([
  ['statefulsets', { selector: { matchLabels: { app: 'x' } } }, APPS],
  ['replicationcontrollers', {}, CORE],
])('%s are scaled', async (plural, spec, root) => {
  await post(`${root}/${plural}`, { metadata: { name: 'scaled' }, spec: { ...spec, template: pods() } });
  const path = `${root}/${plural}/scaled/scale`;
  const { json } = await server.fetch(path);
  expect(json).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { selector: 'app=x' } });
  await server.fetch(path, { method: 'PUT', body: { ...json, spec: { replicas: 4 } } });
  const scaled = (await server.fetch(`${root}/${plural}/scaled`)).json;
  expect([scaled.spec.replicas, scaled.metadata.generation]).toEqual([4, 2]);
});

test('warnings reach the user of kubectl', async () => {
  const manifest = JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'a.b' },
    spec: {
      template: {
        spec: { ...pods().spec, restartPolicy: 'Never', nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
      },
    },
  });
  const { stdout, stderr } = await server.kubectl(['apply', '-f', '-'], { stdin: manifest });
  expect(stdout).toBe('job.batch/a.b created\n');
  expect(stderr).toBe(
    'Warning: metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]\n' +
      'Warning: spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead\n',
  );
});

test('jobs are selected by how many of their pods have succeeded', async () => {
  const { json } = await post(`${BATCH}/jobs`, job({ name: 'selected' }));
  await server.fetch(`${BATCH}/jobs/selected/status`, { method: 'PUT', body: { ...json, status: { succeeded: 1 } } });
  const { json: list } = await server.fetch(`${BATCH}/jobs?fieldSelector=status.successful%3D1`);
  expect(list.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['selected']);
});

test('a disruption budget is updated only by who has seen it', async () => {
  const path = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  const { json } = await post(path, { metadata: { name: 'p' }, spec: { minAvailable: 1 } });
  expect(json.status).toEqual({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 });
  const put = await server.fetch(`${path}/p`, { method: 'PUT', body: { ...json, spec: { minAvailable: 2 } } });
  expect([put.status, put.json.metadata.generation]).toEqual([200, 2]);
});
