import { type KubernetesObject, persistentVolumeClaims, pods, resourceQuotas } from '@kubelab/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControllerCluster, startControllerCluster } from './controllers-fixture.js';

let cluster: ControllerCluster;

beforeAll(async () => {
  cluster = await startControllerCluster();
  cluster.startManager('--leader-elect=false');
});

afterAll(async () => {
  await cluster?.stop();
});

const send = (method: string, path: string, body?: unknown) => cluster.api.fetch(path, { method, body });

function pod(name: string, spec: object = {}): KubernetesObject {
  return { metadata: { name }, spec: { containers: [{ name: 'main', image: 'x' }], ...spec } } as KubernetesObject;
}

async function makeNamespace(name: string): Promise<string> {
  expect((await send('POST', '/api/v1/namespaces', { metadata: { name } })).status).toBe(201);
  return `/api/v1/namespaces/${name}`;
}

async function statusOf(namespace: string) {
  return (await cluster.client.get(resourceQuotas, { namespace, name: 'q' })).status;
}

test('a quota is counted, charged, and freed by deletions', async () => {
  const path = await makeNamespace('counted');
  await send('POST', `${path}/pods`, pod('before'));
  await send('POST', `${path}/resourcequotas`, {
    metadata: { name: 'q' },
    spec: { hard: { pods: '2', 'count/configmaps': '3' } },
  });
  await expect
    .poll(() => statusOf('counted'), { timeout: 10_000 })
    .toEqual({ hard: { pods: '2', 'count/configmaps': '3' }, used: { pods: '1', 'count/configmaps': '0' } });
  expect((await send('POST', `${path}/pods`, pod('second'))).status).toBe(201);
  expect((await send('POST', `${path}/pods`, pod('third'))).status).toBe(403);
  await send('DELETE', `${path}/pods/before`);
  await expect.poll(async () => (await statusOf('counted'))?.used?.pods, { timeout: 10_000 }).toBe('1');
  expect((await send('POST', `${path}/pods`, pod('third'))).status).toBe(201);
  await cluster.api.fetch(`${path}/resourcequotas/q`, {
    method: 'PATCH',
    body: { spec: { hard: { pods: '5', 'count/configmaps': null } } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  await expect
    .poll(() => statusOf('counted'), { timeout: 10_000 })
    .toEqual({ hard: { pods: '5' }, used: { pods: '2' } });
});

test('what the controller counts takes nothing back that has just been charged', async () => {
  const path = await makeNamespace('busy');
  await send('POST', `${path}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard: { pods: '50' } } });
  await expect.poll(async () => (await statusOf('busy'))?.used, { timeout: 10_000 }).toEqual({ pods: '0' });
  const burst = (round: string) =>
    Promise.all(
      Array.from({ length: 200 }, async (_, i) => (await send('POST', `${path}/pods`, pod(`${round}-${i}`))).status),
    );
  const first = await burst('a');
  expect(first.filter((status) => status === 201)).toHaveLength(50);
  const made = (await cluster.client.list(pods, { namespace: 'busy' })).items.slice(0, 20);
  // Deletions make the controller count while the next burst is charged.
  const [second] = await Promise.all([
    burst('b'),
    ...made.map(({ metadata }) => send('DELETE', `${path}/pods/${metadata.name}`)),
  ]);
  const present = (await cluster.client.list(pods, { namespace: 'busy' })).items.length;
  expect(present).toBe(30 + second.filter((status) => status === 201).length);
  expect(present).toBeLessThanOrEqual(50);
  await expect.poll(async () => (await statusOf('busy'))?.used?.pods, { timeout: 10_000 }).toBe(String(present));
  const third = await burst('c');
  expect(third.filter((status) => status === 201)).toHaveLength(50 - present);
});

test('a claim goes once no pod uses it', async () => {
  const path = await makeNamespace('claims');
  await send('POST', `${path}/persistentvolumeclaims`, {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  await send('POST', `${path}/pods`, pod('user', { volumes }));
  await send('DELETE', `${path}/persistentvolumeclaims/data`);
  const claim = await cluster.client.get(persistentVolumeClaims, { namespace: 'claims', name: 'data' });
  expect(claim.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  await send('DELETE', `${path}/pods/user`);
  await expect
    .poll(async () => (await send('GET', `${path}/persistentvolumeclaims/data`)).status, { timeout: 10_000 })
    .toBe(404);
});
