import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;

const NAMESPACE = '/api/v1/namespaces/default';
const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };

beforeAll(async () => {
  etcd = await startEtcd();
  // Every usual plugin, ServiceAccount among them.
  server = await startApiserver({ etcd: etcd.endpoint, flags: ['--disable-admission-plugins='] });
  for (const [name, enforced] of [
    ['bound', 'true'],
    ['free', 'false'],
  ]) {
    const metadata = { name, annotations: { 'kubernetes.io/enforce-mountable-secrets': enforced } };
    const body = { metadata, secrets: [{ name: 'mine' }], imagePullSecrets: [{ name: 'pull' }] };
    expect((await server.fetch(`${NAMESPACE}/serviceaccounts`, { method: 'POST', body })).status).toBe(201);
  }
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

const createPod = (name: string, serviceAccountName: string, spec: object) =>
  server.fetch(`${NAMESPACE}/pods`, {
    method: 'POST',
    body: { metadata: { name }, spec: { serviceAccountName, containers: [{ name: 'c', image: 'x' }], ...spec } },
  });
const variable = (secret: string) => ({
  env: [{ name: 'V', valueFrom: { secretKeyRef: { name: secret, key: 'k' } } }],
});
const everyVariable = (secret: string) => ({ envFrom: [{ secretRef: { name: secret } }] });
const container = (fields: object) => [{ name: 'c', image: 'x', ...fields }];
const why = 'is not allowed because service account bound does not reference that secret';

test.each([
  [{ volumes: [{ name: 'v', secret: { secretName: 'other' } }] }, `volume with secret.secretName="other" ${why}`],
  [
    { containers: container(variable('other')) },
    `container c with envVar V referencing secret.secretName="other" ${why}`,
  ],
  [
    { containers: container(everyVariable('other')) },
    `container c with envFrom referencing secret.secretName="other" ${why}`,
  ],
  [
    { initContainers: [{ name: 'i', image: 'x', ...variable('other') }] },
    `init container i with envVar V referencing secret.secretName="other" ${why}`,
  ],
  [
    { imagePullSecrets: [{ name: 'pull' }, { name: 'other' }] },
    'imagePullSecrets[1].name="other" is not allowed because service account bound does not reference that imagePullSecret',
  ],
])('an account that enforces its Secrets refuses %j', async (spec, message) => {
  const refused = await createPod('refused', 'bound', spec);
  expect(refused).toMatchObject({
    status: 403,
    json: { reason: 'Forbidden', message: `pods "refused" is forbidden: ${message}` },
  });
  expect((await createPod('refused', 'free', spec)).status).toBe(201);
  await server.fetch(`${NAMESPACE}/pods/refused?gracePeriodSeconds=0`, { method: 'DELETE' });
});

test('what the account names is allowed, for ephemeral containers too', async () => {
  const spec = {
    volumes: [{ name: 'v', secret: { secretName: 'mine' } }],
    containers: container({ ...variable('mine'), ...everyVariable('mine') }),
  };
  const made = await createPod('allowed', 'bound', spec);
  expect(made).toMatchObject({ status: 201, json: { spec: { imagePullSecrets: [{ name: 'pull' }] } } });
  const add = (secret: string) =>
    server.fetch(`${NAMESPACE}/pods/allowed/ephemeralcontainers`, {
      method: 'PATCH',
      headers: STRATEGIC,
      body: { spec: { ephemeralContainers: [{ name: 'e', image: 'x', ...variable(secret) }] } },
    });
  const refused = await add('other');
  expect(refused).toMatchObject({
    status: 500,
    json: { message: `ephemeral container e with envVar V referencing secret.secretName="other" ${why}` },
  });
  expect((await add('mine')).status).toBe(200);
});
