import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControllerCluster, eventually, startControllerCluster } from './controllers-fixture.js';

let cluster: ControllerCluster;
let directory: string;

const SECRETS = '/api/v1/namespaces/default/secrets';
const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const CIDRS = '/apis/networking.k8s.io/v1/servicecidrs';
const LIMIT = { timeout: 20_000 };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-accounts-'));
  const keyFile = join(directory, 'sa.key');
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(keyFile, privateKey, { mode: 0o600 });
  cluster = await startControllerCluster([`--service-account-key-file=${keyFile}`]);
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, cluster.api.authority.certificatePem);
  cluster.startManager(
    '--leader-elect=false',
    `--service-account-private-key-file=${keyFile}`,
    `--root-ca-file=${caFile}`,
  );
});

afterAll(async () => {
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

const fetch = (method: string, path: string, body?: unknown) => cluster.api.fetch(path, { method, body });
const tokenSecret = (name: string, account: string, annotations = {}) =>
  fetch('POST', SECRETS, {
    metadata: { name, annotations: { 'kubernetes.io/service-account.name': account, ...annotations } },
    type: 'kubernetes.io/service-account-token',
  });
const secret = async (name: string) => fetch('GET', `${SECRETS}/${name}`);
const text = (base64: string) => Buffer.from(base64, 'base64').toString();

test('a Secret that asks for a token is filled, and the token is accepted as long as the Secret is there', async () => {
  const account = await fetch('POST', ACCOUNTS, { metadata: { name: 'robot' } });
  expect((await tokenSecret('robot-token', 'robot')).status).toBe(201);
  await expect.poll(async () => Object.keys((await secret('robot-token')).json.data ?? {}), LIMIT).toHaveLength(3);
  const { metadata, data } = (await secret('robot-token')).json;
  expect(metadata.annotations['kubernetes.io/service-account.uid']).toBe(account.json.metadata.uid);
  expect(text(data.namespace)).toBe('default');
  expect(text(data['ca.crt'])).toBe(cluster.api.authority.certificatePem);
  const whoAmI = () =>
    cluster.api.fetch('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST',
      body: {},
      identity: null,
      headers: { authorization: `Bearer ${text(data.token)}` },
    });
  expect((await whoAmI()).json.status.userInfo).toMatchObject({
    username: 'system:serviceaccount:default:robot',
    uid: account.json.metadata.uid,
  });
  const { stdout } = await cluster.api.kubectl(['describe', 'serviceaccount', 'robot']);
  expect(stdout).toMatch(/\nTokens: +robot-token\n/);
  await fetch('DELETE', `${SECRETS}/robot-token`);
  expect((await whoAmI()).status).toBe(401);
});

test('a reference to a Secret that is gone is taken out of the account', async () => {
  expect((await tokenSecret('named', 'robot')).status).toBe(201);
  await cluster.api.fetch(`${ACCOUNTS}/robot`, {
    method: 'PATCH',
    body: { secrets: [{ name: 'named' }, { name: 'other' }] },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  await expect.poll(async () => (await secret('named')).json.data?.token, LIMIT).toBeTruthy();
  await fetch('DELETE', `${SECRETS}/named`);
  await expect
    .poll(async () => (await fetch('GET', `${ACCOUNTS}/robot`)).json.secrets, LIMIT)
    .toEqual([{ name: 'other' }]);
});

test.each([
  ['of no account', 'lost', 'nobody', {}],
  ['of an account that had the name before', 'stale', 'robot', { 'kubernetes.io/service-account.uid': 'gone' }],
])('a Secret %s is deleted', async (_, name, account, annotations) => {
  expect((await tokenSecret(name, account, annotations)).status).toBe(201);
  await expect.poll(async () => (await secret(name)).status, LIMIT).toBe(404);
});

test('the Secrets of an account go with it', async () => {
  await fetch('POST', ACCOUNTS, { metadata: { name: 'brief' } });
  await tokenSecret('brief-token', 'brief');
  await expect.poll(async () => (await secret('brief-token')).json.data?.token, LIMIT).toBeTruthy();
  await fetch('DELETE', `${ACCOUNTS}/brief`);
  await expect.poll(async () => (await secret('brief-token')).status, LIMIT).toBe(404);
});

test('a ServiceCIDR is held while addresses of it are in use, and goes with the last', async () => {
  const cidr = async () => (await fetch('GET', `${CIDRS}/more`)).json;
  await fetch('POST', CIDRS, { metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/28'] } });
  await eventually(async () =>
    expect(await cidr()).toMatchObject({
      metadata: { finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
      status: { conditions: [{ type: 'Ready', status: 'True', message: 'Kubernetes Service CIDR is ready' }] },
    }),
  );
  await fetch('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 'user' },
    spec: { clusterIP: '10.200.0.5', ports: [{ port: 80 }] },
  });
  await fetch('DELETE', `${CIDRS}/more`);
  await eventually(async () =>
    expect((await cidr()).status.conditions).toMatchObject([
      {
        type: 'Ready',
        status: 'False',
        reason: 'Terminating',
        message:
          'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
      },
    ]),
  );
  await fetch('DELETE', '/api/v1/namespaces/default/services/user');
  // The controller waits ten seconds from the deletion on, for apiservers that do not know of it yet.
  await expect.poll(async () => (await fetch('GET', `${CIDRS}/more`)).status, LIMIT).toBe(404);
}, 60_000);
