import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;
let directory: string;

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const PODS = '/api/v1/namespaces/default/pods';
const STATIC_TOKEN = 'static-token-of-ann';

beforeAll(async () => {
  etcd = await startEtcd();
  directory = await mkdtemp(join(tmpdir(), 'kubelab-auth-'));
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(tokenFile, `${STATIC_TOKEN},ann,u-1,"dev,ops"\n`, { mode: 0o600 });
  server = await startApiserver({ etcd: etcd.endpoint, flags: [`--token-auth-file=${tokenFile}`] });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
  await rm(directory, { recursive: true, force: true });
});

function post(path: string, body: unknown): Promise<Answer> {
  return server.fetch(path, { method: 'POST', body });
}

function withToken(token: string, path = `${ACCOUNTS}/none`, method = 'GET'): Promise<Answer> {
  return server.fetch(path, { identity: null, method, headers: { authorization: `Bearer ${token}` } });
}

async function makeAccount(name: string): Promise<string> {
  const { status, json } = await post(ACCOUNTS, { metadata: { name } });
  expect(status).toBe(201);
  return json.metadata.uid;
}

async function makePod(name: string, serviceAccountName: string): Promise<string> {
  const spec = { serviceAccountName, containers: [{ name: 'c', image: 'i' }] };
  const { status, json } = await post(PODS, { metadata: { name }, spec });
  expect({ status, json }).toMatchObject({ status: 201 });
  return json.metadata.uid;
}

async function tokenFor(account: string, spec: object = {}): Promise<string> {
  const { status, json } = await post(`${ACCOUNTS}/${account}/token`, { spec });
  expect({ status, json }).toMatchObject({ status: 201 });
  return json.status.token;
}

function claimsOf(token: string) {
  const [header = '', payload = ''] = token.split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  return { header: read(header), claims: read(payload) };
}

describe('TokenRequest', () => {
  test('gives out a signed token that names the account', async () => {
    const uid = await makeAccount('builder');
    const before = Math.floor(Date.now() / 1000);
    const { status, json } = await post(`${ACCOUNTS}/builder/token`, {});
    expect(status).toBe(201);
    expect(json).toMatchObject({
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: 'builder', namespace: 'default' },
      spec: { audiences: ['https://kubernetes.default.svc.cluster.local'], expirationSeconds: 3600 },
    });
    const { header, claims } = claimsOf(json.status.token);
    expect(header).toEqual({ alg: 'ES256', kid: expect.stringMatching(/^[\w-]{43}$/) });
    expect(claims).toMatchObject({
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: 'system:serviceaccount:default:builder',
      aud: ['https://kubernetes.default.svc.cluster.local'],
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'builder', uid } },
    });
    expect(claims.iat).toBeGreaterThanOrEqual(before);
    expect(claims.nbf).toBe(claims.iat);
    expect(claims.exp).toBe(claims.iat + 3600);
    expect(Date.parse(json.status.expirationTimestamp) / 1000).toBe(claims.exp);
  });

  test.each([
    [
      { expirationSeconds: 599 },
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    [{ expirationSeconds: 2 ** 32 + 1 }, 422, 'may not specify a duration larger than 2^32 seconds'],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } }, 404, 'pods "none" not found'],
    [{ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'none' } }, 404, 'secrets "none" not found'],
    [
      { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'a' } },
      400,
      'cannot bind token to object of type /v1, Kind=ConfigMap',
    ],
  ])('refuses %j', async (spec, status, message) => {
    await post(ACCOUNTS, { metadata: { name: 'refused' } });
    const answer = await post(`${ACCOUNTS}/refused/token`, { spec });
    expect(answer.json).toMatchObject({ code: status, message: expect.stringContaining(message) });
  });

  test('refuses an account that is missing, a pod of another account, another uid', async () => {
    expect((await post(`${ACCOUNTS}/none/token`, {})).json.message).toBe('serviceaccounts "none" not found');
    await makeAccount('one');
    const uid = await makePod('of-default', 'default');
    const bound = (reference: object) =>
      post(`${ACCOUNTS}/one/token`, {
        spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'of-default', ...reference } },
      });
    expect((await bound({})).json).toMatchObject({
      code: 400,
      message: 'cannot bind token for serviceaccount "one" to pod running with different serviceaccount name.',
    });
    await makePod('of-one', 'one');
    expect((await bound({ name: 'of-one', uid })).json).toMatchObject({ code: 409, reason: 'Conflict' });
  });
});

describe('a token', () => {
  test('dies with its service account', async () => {
    await makeAccount('mortal');
    const token = await tokenFor('mortal');
    expect((await withToken(token)).status).toBe(404);
    await server.fetch(`${ACCOUNTS}/mortal`, { method: 'DELETE' });
    expect(await withToken(token)).toMatchObject({ status: 401, json: { reason: 'Unauthorized', code: 401 } });
    await makeAccount('mortal');
    expect((await withToken(token)).status).toBe(401);
  });

  test('dies with the pod that it is bound to', async () => {
    await makeAccount('runner');
    await makePod('bound', 'runner');
    const token = await tokenFor('runner', { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'bound' } });
    expect((await withToken(token)).status).toBe(404);
    await server.fetch(`${PODS}/bound?gracePeriodSeconds=0`, { method: 'DELETE' });
    expect((await withToken(token)).status).toBe(401);
  });

  test('for somebody else is none here', async () => {
    await makeAccount('elsewhere');
    const token = await tokenFor('elsewhere', { audiences: ['vault'] });
    expect((await withToken(token)).status).toBe(401);
  });

  test.each([
    ['of no form', 'x'],
    [
      'of a JWT of nobody',
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"iss":"https://kubernetes.default.svc.cluster.local"}').toString('base64url')}.e30`,
    ],
  ])('%s is refused', async (_what, token) => {
    expect(await withToken(token)).toMatchObject({ status: 401, json: { message: 'Unauthorized' } });
  });

  test('that was changed is refused', async () => {
    await makeAccount('forged');
    const [header, payload = '', signature] = (await tokenFor('forged')).split('.');
    const claims = Buffer.from(payload, 'base64url').toString('utf8').replace('forged', 'default');
    expect((await withToken(`${header}.${Buffer.from(claims).toString('base64url')}.${signature}`)).status).toBe(401);
  });

  test('of the token file names its user', async () => {
    expect((await withToken(STATIC_TOKEN)).status).toBe(404);
    expect((await withToken(`${STATIC_TOKEN}x`)).status).toBe(401);
  });
});
