import { type EtcdProcess, kubectlsOf, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

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

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

test('a ConfigMap is created, read, listed, changed and deleted', async () => {
  const created = await server.fetch(CONFIG_MAPS, {
    method: 'POST',
    body: { metadata: { name: 'a' }, data: { k: 'v' } },
  });
  expect(created.text).toContain('"data":{"k":"v"}');
  expect(created.status).toBe(201);
  const read = await server.fetch(`${CONFIG_MAPS}/a`);
  expect(read.json).toEqual(created.json);
  expect(read.json.metadata).toMatchObject({ namespace: 'default', uid: expect.any(String) });
  const list = await server.fetch(CONFIG_MAPS);
  expect(list.json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['a']);
  const deleted = await server.fetch(`${CONFIG_MAPS}/a`, { method: 'DELETE' });
  expect(deleted.json).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a', kind: 'configmaps' } });
  expect((await server.fetch(`${CONFIG_MAPS}/a`)).status).toBe(404);
});

test.each(['kubectl', ...kubectlsOf(['1.27', '1.33'])])('%s creates, gets and deletes', async (binary) => {
  const made = await server.kubectl(['create', 'configmap', 'b', '--from-literal=k=v'], { binary });
  expect(made).toMatchObject({ stdout: 'configmap/b created\n', stderr: '' });
  const got = await server.kubectl(['get', 'configmap', 'b', '-o', 'jsonpath={.data.k}'], { binary });
  expect(got.stdout).toBe('v');
  const gone = await server.kubectl(['delete', 'configmap', 'b'], { binary });
  expect(gone.stdout).toContain('configmap "b" deleted');
});
