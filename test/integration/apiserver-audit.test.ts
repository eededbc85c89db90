import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configMaps } from '@kubelab/api';
import { createApiClient } from '@kubelab/client';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

const POLICY = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: None
  users: [system:apiserver]
- level: Metadata
  resources: [{group: "", resources: [secrets]}]
- level: RequestResponse
  verbs: [create, update, patch, delete]
  omitManagedFields: true
- level: Metadata
  verbs: [watch, escalate]
- level: Metadata
  nonResourceURLs: ['/version*']
  omitStages: [RequestReceived]
`;

let etcd: EtcdProcess;
let server: RunningApiserver;
let directory: string;
let logFile: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-audit-'));
  const policyFile = join(directory, 'policy.yaml');
  logFile = join(directory, 'audit.log');
  await writeFile(policyFile, POLICY);
  etcd = await startEtcd();
  server = await startApiserver({
    etcd: etcd.endpoint,
    flags: [`--audit-policy-file=${policyFile}`, `--audit-log-path=${logFile}`],
  });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: events have bodies of every kind.
type Event = Record<string, any>;

async function events(auditId: string): Promise<Event[]> {
  const lines = (await readFile(logFile, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Event).filter(({ auditID }) => auditID === auditId);
}

/** Once the request is over. */
async function completed(auditId: string): Promise<Event[]> {
  await expect.poll(async () => (await events(auditId)).at(-1)?.stage).toBe('ResponseComplete');
  return events(auditId);
}

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

test('a write is told with what was sent and what was answered', async () => {
  const { headers } = await server.fetch(CONFIG_MAPS, {
    method: 'POST',
    body: { metadata: { name: 'a' }, data: { x: '1' } },
    headers: { 'user-agent': 'tester/1', 'audit-id': 'my-own-id', 'x-forwarded-for': '192.0.2.7' },
  });
  expect(headers['audit-id']).toBe('my-own-id');
  const [received, complete] = await completed('my-own-id');
  expect(received).toEqual({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: 'my-own-id',
    stage: 'RequestReceived',
    requestURI: CONFIG_MAPS,
    verb: 'create',
    user: {
      username: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=/)] },
    },
    sourceIPs: ['192.0.2.7', '127.0.0.1'],
    userAgent: 'tester/1',
    objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
    requestReceivedTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    stageTimestamp: received?.requestReceivedTimestamp,
  });
  expect(complete).toMatchObject({
    stage: 'ResponseComplete',
    responseStatus: { metadata: {}, code: 201 },
    requestObject: { metadata: { name: 'a' }, data: { x: '1' } },
    responseObject: { kind: 'ConfigMap', metadata: { name: 'a', uid: expect.any(String) } },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  });
  expect(complete?.responseObject.metadata.managedFields).toBeUndefined();
  expect((await stat(logFile)).mode & 0o777).toBe(0o600);
});

test('no secret is told', async () => {
  const { headers } = await server.fetch('/api/v1/namespaces/default/secrets', {
    method: 'POST',
    body: { metadata: { name: 's' }, stringData: { password: 'do-not-tell' } },
  });
  const [, complete] = await completed(String(headers['audit-id']));
  expect(complete).toMatchObject({ level: 'Metadata', responseStatus: { code: 201 } });
  expect(await readFile(logFile, 'utf8')).not.toContain('do-not-tell');
});

test('a refusal is told with its reason', async () => {
  const { headers } = await server.fetch(`${CONFIG_MAPS}/absent`, { method: 'DELETE' });
  const [, complete] = await completed(String(headers['audit-id']));
  expect(complete?.responseStatus).toEqual({
    metadata: {},
    status: 'Failure',
    message: 'configmaps "absent" not found',
    reason: 'NotFound',
    details: { name: 'absent', kind: 'configmaps' },
    code: 404,
  });
});

test('who acts as somebody else is told as both', async () => {
  const { headers, status } = await server.fetch(CONFIG_MAPS, {
    method: 'POST',
    body: { metadata: { name: 'b' } },
    headers: { 'impersonate-user': 'jane' },
  });
  expect(status).toBe(403);
  const [, complete] = await completed(String(headers['audit-id']));
  expect(complete).toMatchObject({
    user: { username: 'kubernetes-admin' },
    impersonatedUser: { username: 'jane', groups: ['system:authenticated'] },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
    responseStatus: { code: 403, reason: 'Forbidden' },
  });
});

test('a watch has a beginning and an end; what no rule names is not told', async () => {
  const { headers } = await server.fetch(`${CONFIG_MAPS}?watch=true&timeoutSeconds=1`);
  const stages = (await completed(String(headers['audit-id']))).map(({ stage, verb }) => `${verb} ${stage}`);
  expect(stages).toEqual(['watch RequestReceived', 'watch ResponseStarted', 'watch ResponseComplete']);
  const read = await server.fetch(CONFIG_MAPS);
  const version = await server.fetch('/version');
  expect((await completed(String(version.headers['audit-id']))).map(({ stage }) => stage)).toEqual([
    'ResponseComplete',
  ]);
  expect(await events(String(read.headers['audit-id']))).toEqual([]);
});

test('calls over gRPC are told like any other', async () => {
  const client = createApiClient({
    addresses: [`127.0.0.1:${server.grpcPort}`],
    tls: {
      ca: Buffer.from(server.authority.certificatePem),
      cert: Buffer.from(server.admin.certificatePem),
      key: Buffer.from(server.admin.privateKeyPem),
    },
    component: 'test',
    log: pino({ level: 'silent' }),
  });
  try {
    await client.create(configMaps, { metadata: { namespace: 'default', name: 'over-grpc' } });
  } finally {
    await client.close();
  }
  await expect.poll(() => readFile(logFile, 'utf8')).toContain('over-grpc');
  const line = (await readFile(logFile, 'utf8')).split('\n').find((text) => text.includes('over-grpc')) ?? '';
  expect(JSON.parse(line)).toMatchObject({
    stage: 'ResponseComplete',
    verb: 'create',
    requestURI: CONFIG_MAPS,
    sourceIPs: ['127.0.0.1'],
    requestObject: { metadata: { name: 'over-grpc' } },
    responseStatus: { code: 201 },
  });
});

test('what Pod Security finds is noted', async () => {
  const labels = { 'pod-security.kubernetes.io/audit': 'baseline' };
  await server.fetch('/api/v1/namespaces', { method: 'POST', body: { metadata: { name: 'audited', labels } } });
  const { headers } = await server.fetch('/api/v1/namespaces/audited/pods', {
    method: 'POST',
    body: { metadata: { name: 'p' }, spec: { hostPID: true, containers: [{ name: 'c', image: 'x' }] } },
  });
  const [, complete] = await completed(String(headers['audit-id']));
  expect(complete?.annotations).toMatchObject({
    'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
    'pod-security.kubernetes.io/audit-violations':
      'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
  });
});

test('a server with a wrong policy does not start', async () => {
  const wrong = join(directory, 'wrong.yaml');
  await writeFile(wrong, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Everything}]');
  await expect(startApiserver({ etcd: etcd.endpoint, flags: [`--audit-policy-file=${wrong}`] })).rejects.toThrow(
    'rules[0].level: Unsupported value: "Everything"',
  );
});
