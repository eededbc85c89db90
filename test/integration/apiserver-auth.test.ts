import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueCertificate, type KeyPair } from '@kubelab/runtime/certificates';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;
let directory: string;

const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const PODS = '/api/v1/namespaces/default/pods';
const AUTHENTICATION = '/apis/authentication.k8s.io/v1';
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
    expect((await withToken(token)).status).toBe(403);
    await server.fetch(`${ACCOUNTS}/mortal`, { method: 'DELETE' });
    await expect.poll(async () => (await withToken(token)).status).toBe(401);
    expect(await withToken(token)).toMatchObject({ status: 401, json: { reason: 'Unauthorized', code: 401 } });
    await makeAccount('mortal');
    expect((await withToken(token)).status).toBe(401);
  });

  test('dies with the pod that it is bound to', async () => {
    await makeAccount('runner');
    await makePod('bound', 'runner');
    const token = await tokenFor('runner', { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'bound' } });
    expect((await withToken(token)).status).toBe(403);
    await server.fetch(`${PODS}/bound?gracePeriodSeconds=0`, { method: 'DELETE' });
    await expect.poll(async () => (await withToken(token)).status).toBe(401);
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
    expect((await withToken(STATIC_TOKEN)).status).toBe(403);
    expect((await withToken(`${STATIC_TOKEN}x`)).status).toBe(401);
  });
});

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const AUTHORIZATION = '/apis/authorization.k8s.io/v1';

/** Who has the token `NAME-token` of the file, or whose certificate it is. */
async function identityOf(name: string, organizations: string[] = []): Promise<KeyPair> {
  return issueCertificate(server.authority, { commonName: name, organizations, usages: ['client'] });
}

describe('RBAC', () => {
  test('refuses what no role allows, and says what', async () => {
    const answer = await withToken(STATIC_TOKEN, PODS);
    expect(answer.json).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "default"',
      reason: 'Forbidden',
      details: { kind: 'pods' },
      code: 403,
    });
  });

  test('names a role that is missing', async () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'gone' };
    const subjects = [{ kind: 'User', name: 'ann' }];
    const path = `${RBAC}/clusterrolebindings`;
    expect((await post(path, { metadata: { name: 'to-gone' }, roleRef, subjects })).status).toBe(201);
    expect((await withToken(STATIC_TOKEN, `${PODS}/p`)).json.message).toBe(
      'pods "p" is forbidden: User "ann" cannot get resource "pods" in API group "" in the namespace "default": RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    );
    await server.fetch(`${path}/to-gone`, { method: 'DELETE' });
  });

  test('allows what a role allows, at once and only as long', async () => {
    const roles = `${RBAC}/namespaces/default/roles`;
    const bindings = `${RBAC}/namespaces/default/rolebindings`;
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
    expect((await post(roles, { metadata: { name: 'lister' }, rules })).status).toBe(201);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'lister' };
    const subjects = [{ kind: 'Group', name: 'dev' }];
    expect((await post(bindings, { metadata: { name: 'devs' }, roleRef, subjects })).status).toBe(201);
    expect((await withToken(STATIC_TOKEN, PODS)).status).toBe(200);
    expect((await withToken(STATIC_TOKEN, '/api/v1/namespaces/kube-system/pods')).status).toBe(403);
    await server.fetch(`${bindings}/devs`, { method: 'DELETE' });
    await expect.poll(async () => (await withToken(STATIC_TOKEN, PODS)).status).toBe(403);
  });

  test('has the default roles and bindings', async () => {
    const roles = (await server.fetch(`${RBAC}/clusterroles`)).json.items;
    const names = roles.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    expect(names).toEqual(
      expect.arrayContaining(['admin', 'cluster-admin', 'edit', 'system:basic-user', 'system:node', 'view']),
    );
    const clusterAdmin = (await server.fetch(`${RBAC}/clusterroles/cluster-admin`)).json;
    expect(clusterAdmin).toMatchObject({
      metadata: {
        labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
        annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
      },
      rules: [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ],
    });
    expect((await server.fetch(`${RBAC}/namespaces/kube-system/roles`)).json.items.length).toBeGreaterThan(4);
  });

  test('lets nobody give what he does not have', async () => {
    const rules = [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['*'] }];
    const granter = rules.map((rule) => ({ ...rule, verbs: ['create', 'get', 'update'] }));
    await post(`${RBAC}/clusterroles`, { metadata: { name: 'granter' }, rules: granter });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'granter' };
    await post(`${RBAC}/clusterrolebindings`, {
      metadata: { name: 'granter' },
      roleRef,
      subjects: [{ kind: 'User', name: 'bob' }],
    });
    const identity = await identityOf('bob');
    const asBob = (path: string, body: unknown) => server.fetch(path, { method: 'POST', body, identity });
    const refused = await asBob(`${RBAC}/namespaces/default/roles`, {
      metadata: { name: 'secrets' },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
    });
    expect(refused.json).toMatchObject({
      code: 403,
      message:
        'roles.rbac.authorization.k8s.io "secrets" is forbidden: user "bob" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    });
    const bound = await asBob(`${RBAC}/namespaces/default/rolebindings`, {
      metadata: { name: 'admins' },
      roleRef: { ...roleRef, name: 'cluster-admin' },
      subjects: [{ kind: 'User', name: 'bob' }],
    });
    expect(bound.json.message).toMatch(
      /^rolebindings\.rbac\.authorization\.k8s\.io "admins" is forbidden: user "bob" .*\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}\n\{NonResourceURLs:\["\*"\], Verbs:\["\*"\]\}$/s,
    );
    const held = await asBob(`${RBAC}/namespaces/default/rolebindings`, {
      metadata: { name: 'same' },
      roleRef,
      subjects: [{ kind: 'User', name: 'carol' }],
    });
    expect(held.status).toBe(201);
  });
});

describe('a node', () => {
  test('reads what its own pods need, and nothing else', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    for (const name of ['mine', 'other']) await post(secrets, { metadata: { name } });
    await post('/api/v1/nodes', { metadata: { name: 'n1' } });
    const spec = {
      nodeName: 'n1',
      containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 'mine' } }] }],
      automountServiceAccountToken: false,
    };
    const made = await post(PODS, { metadata: { name: 'on-n1' }, spec });
    expect({ status: made.status, json: made.json }).toMatchObject({ status: 201 });
    const identity = await identityOf('system:node:n1', ['system:nodes']);
    const get = (path: string) => server.fetch(path, { identity });
    expect((await get(`${secrets}/mine`)).status).toBe(200);
    expect((await get(`${secrets}/other`)).json.message).toBe(
      `secrets "other" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n1' and this object`,
    );
    expect((await get(secrets)).json.message).toMatch(/: No Object name found$/);
    expect((await get(`${PODS}?fieldSelector=spec.nodeName%3Dn1`)).status).toBe(200);
    expect((await get(PODS)).json.message).toMatch(/: can only list\/watch pods with spec.nodeName field selector$/);
    expect((await get('/api/v1/nodes/n1')).status).toBe(200);
    expect((await get('/api/v1/nodes')).json.message).toMatch(
      /: node "n1" cannot read all nodes, only its own Node object$/,
    );
    await server.fetch(`${PODS}/on-n1?gracePeriodSeconds=0`, { method: 'DELETE' });
    await expect.poll(async () => (await get(`${secrets}/mine`)).status).toBe(403);
  });
});

test('a user of a certificate is told which one it was', async () => {
  const { json } = await server.fetch(`${AUTHENTICATION}/selfsubjectreviews`, { method: 'POST', body: {} });
  expect(json.status.userInfo.extra).toEqual({
    'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)],
  });
});

describe('impersonation', () => {
  test('is for whom it is allowed', async () => {
    const headers = { 'Impersonate-User': 'ann', 'Impersonate-Group': 'ops', 'Impersonate-Extra-Scopes': 'a' };
    const answer = await server.fetch(`${AUTHENTICATION}/selfsubjectreviews`, { method: 'POST', headers, body: {} });
    expect(answer.json.status.userInfo).toEqual({
      username: 'ann',
      groups: ['ops', 'system:authenticated'],
      extra: { scopes: ['a'] },
    });
    const refused = await server.fetch(PODS, {
      identity: null,
      headers: { authorization: `Bearer ${STATIC_TOKEN}`, 'Impersonate-User': 'root' },
    });
    expect(refused.json.message).toBe(
      'users "root" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    expect((await server.fetch(PODS, { headers: { 'Impersonate-Group': 'ops' } })).status).toBe(400);
  });
});

describe('reviews', () => {
  test('say whose a token is', async () => {
    await makeAccount('reviewed');
    const token = await tokenFor('reviewed');
    const review = (spec: object) => post(`${AUTHENTICATION}/tokenreviews`, { spec });
    const good = await review({ token });
    expect(good.json.status).toMatchObject({
      authenticated: true,
      user: {
        username: 'system:serviceaccount:default:reviewed',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claimsOf(token).claims.jti}`] },
      },
      audiences: ['https://kubernetes.default.svc.cluster.local'],
    });
    expect((await review({ token: 'x' })).json.status).toEqual({ user: {}, error: 'invalid bearer token' });
    expect((await review({ token, audiences: ['vault'] })).json.status.error).toBe(
      '[invalid bearer token, token audiences ["https://kubernetes.default.svc.cluster.local"] is invalid for the target audiences ["vault"]]',
    );
    expect((await review({})).json.message).toBe('token is required for TokenReview in authentication');
  });

  test('say who may do what', async () => {
    const review = (spec: object) => post(`${AUTHORIZATION}/subjectaccessreviews`, { spec });
    const resourceAttributes = { verb: 'delete', group: 'apps', resource: 'deployments', namespace: 'default' };
    expect((await review({ user: 'ann', resourceAttributes })).json.status).toEqual({ allowed: false });
    expect((await review({ groups: ['system:masters'], resourceAttributes })).json.status).toEqual({ allowed: true });
    expect(
      (
        await review({
          user: 'bob',
          resourceAttributes: { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'roles' },
        })
      ).json.status,
    ).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "granter" of ClusterRole "granter" to User "bob"',
    });
    expect((await review({ resourceAttributes })).json.message).toBe(
      'SubjectAccessReview.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
    );
    expect((await review({ user: 'ann' })).json.message).toBe(
      'SubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  });
});

describe('kubectl', () => {
  const can = (...args: string[]) => server.kubectl(['auth', 'can-i', ...args]);

  test('auth can-i', async () => {
    expect(await can('create', 'pods')).toMatchObject({ stdout: 'yes\n', stderr: '' });
    const no = await can('create', 'pods', '--as=ann');
    expect(no).toMatchObject({ stdout: 'no\n', code: 1 });
    const list = await can('--list', '--as=ann');
    expect(list.stdout).toMatch(/selfsubjectaccessreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]/);
    expect(list.stderr).toBe('');
    const node = await can('--list', '--as=system:node:n1', '--as-group=system:nodes');
    expect(node.stderr).toMatch(/node authorizer does not support user rule resolution/);
  });

  test('auth reconcile adds what a role lacks', async () => {
    const role = (...verbs: string[]) =>
      JSON.stringify({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'reconciled', namespace: 'default' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs }],
      });
    const first = await server.kubectl(['auth', 'reconcile', '-f', '-'], { stdin: role('get') });
    expect(first).toMatchObject({ stdout: expect.stringContaining('/reconciled reconciled'), code: 0 });
    const second = await server.kubectl(['auth', 'reconcile', '-f', '-'], { stdin: role('list') });
    expect(second.code).toBe(0);
    const stored = (await server.fetch(`${RBAC}/namespaces/default/roles/reconciled`)).json;
    expect(stored.rules.flatMap(({ verbs }: { verbs: string[] }) => verbs)).toEqual(['get', 'list']);
  });

  test('auth whoami, create token and --token', async () => {
    await makeAccount('cli');
    const { stdout: token } = await server.kubectl([
      'create',
      'token',
      'cli',
      '--duration=20m',
      '--audience=https://kubernetes.default.svc.cluster.local',
    ]);
    expect(claimsOf(token.trim()).claims.sub).toBe('system:serviceaccount:default:cli');
    const config = [
      '--kubeconfig=/dev/null',
      '--insecure-skip-tls-verify',
      `--server=https://127.0.0.1:${server.securePort}`,
    ];
    const whoami = await server.kubectl(['auth', 'whoami', '-o', 'json', `--token=${token.trim()}`, ...config]);
    expect(whoami.stderr).toBe('');
    expect(JSON.parse(whoami.stdout).status.userInfo.username).toBe('system:serviceaccount:default:cli');
  });
});

test('others can check tokens by the keys that are published', async () => {
  const configuration = (await server.fetch('/.well-known/openid-configuration')).json;
  expect(configuration).toMatchObject({
    issuer: 'https://kubernetes.default.svc.cluster.local',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
  const { path } = { path: new URL(configuration.jwks_uri).pathname };
  const keys = await server.fetch(path);
  expect(keys.headers['content-type']).toBe('application/jwk-set+json');
  await makeAccount('published');
  const token = await tokenFor('published');
  const key = keys.json.keys.find(({ kid }: { kid: string }) => kid === claimsOf(token).header.kid);
  const [header, payload, signature = ''] = token.split('.');
  const publicKey = createPublicKey({ key, format: 'jwk' });
  const isGood = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  expect(isGood).toBe(true);
});
