import { request } from 'node:https';
import { createCertificateAuthority, issueCertificate } from '@kubelab/runtime/certificates';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RequestInput, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const SERVICES = '/api/v1/namespaces/default/services';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const POD = { metadata: { name: 'bad' }, spec: { containers: [{ name: 'c', image: 'i' }] } };

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  const made = await server.fetch(CONFIG_MAPS, {
    method: 'POST',
    body: { metadata: { name: 'there' }, data: { a: '1' } },
  });
  expect(made.status).toBe(201);
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

interface Case {
  readonly what: string;
  readonly path: string;
  readonly input?: RequestInput;
  readonly status: number;
  readonly reason?: string;
  readonly says?: string | RegExp;
  readonly field?: string;
}

const post = (body: unknown, headers?: Record<string, string>): RequestInput => ({
  method: 'POST',
  body,
  ...(headers ? { headers } : {}),
});
const patch = (body: unknown, type: string): RequestInput => ({
  method: 'PATCH',
  body,
  headers: { 'content-type': type },
});
const MERGE = 'application/merge-patch+json';

const CASES: Case[] = [
  {
    what: 'broken JSON',
    path: CONFIG_MAPS,
    input: post('{"metadata":'),
    status: 400,
    reason: 'BadRequest',
    says: 'unexpected end of JSON input',
  },
  { what: 'an empty body', path: CONFIG_MAPS, input: post(''), status: 400, reason: 'BadRequest' },
  {
    what: 'broken YAML',
    path: CONFIG_MAPS,
    input: post('a: [', { 'content-type': 'application/yaml' }),
    status: 400,
    reason: 'BadRequest',
    says: 'yaml',
  },
  {
    what: 'an unknown field, strictly',
    path: `${PODS}?fieldValidation=Strict`,
    input: post({ ...POD, spec: { ...POD.spec, foo: 1 } }),
    status: 400,
    reason: 'BadRequest',
    says: 'strict decoding error: unknown field "spec.foo"',
  },
  {
    what: 'a duplicate field, strictly',
    path: `${CONFIG_MAPS}?fieldValidation=Strict`,
    input: post('{"metadata":{"name":"bad"},"data":{"a":"1"},"data":{"a":"2"}}'),
    status: 400,
    says: 'duplicate field "data"',
  },
  {
    what: 'a wrong type',
    path: PODS,
    input: post({ ...POD, spec: { containers: 'c' } }),
    status: 400,
    says: 'spec.containers',
  },
  {
    what: 'another kind',
    path: CONFIG_MAPS,
    input: post({ kind: 'Secret', apiVersion: 'v1', metadata: { name: 'bad' } }),
    status: 400,
    says: 'cannot be handled as a ConfigMap',
  },
  {
    what: 'another API version',
    path: DEPLOYMENTS,
    input: post({ kind: 'Deployment', apiVersion: 'v1', metadata: { name: 'bad' } }),
    status: 400,
  },
  {
    what: 'no name',
    path: CONFIG_MAPS,
    input: post({ metadata: {} }),
    status: 422,
    reason: 'Invalid',
    field: 'metadata.name',
    says: 'name or generateName is required',
  },
  {
    what: 'a name in capitals',
    path: CONFIG_MAPS,
    input: post({ metadata: { name: 'Bad' } }),
    status: 422,
    reason: 'Invalid',
    field: 'metadata.name',
    says: 'a lowercase RFC 1123 subdomain',
  },
  {
    what: 'a bad label',
    path: CONFIG_MAPS,
    input: post({ metadata: { name: 'bad', labels: { 'a b': 'c' } } }),
    status: 422,
    field: 'metadata.labels',
  },
  {
    what: 'a bad data key',
    path: CONFIG_MAPS,
    input: post({ metadata: { name: 'bad' }, data: { 'a b': 'c' } }),
    status: 422,
    reason: 'Invalid',
  },
  {
    what: 'a pod without containers',
    path: PODS,
    input: post({ metadata: { name: 'bad' }, spec: {} }),
    status: 422,
    field: 'spec.containers',
  },
  {
    what: 'a missing namespace',
    path: '/api/v1/namespaces/nowhere/configmaps',
    input: post({ metadata: { name: 'bad' } }),
    status: 404,
    reason: 'NotFound',
    says: 'namespaces "nowhere" not found',
  },
  {
    what: 'another namespace than the URL',
    path: CONFIG_MAPS,
    input: post({ metadata: { name: 'bad', namespace: 'kube-system' } }),
    status: 400,
    says: 'the namespace of the provided object does not match the namespace sent on the request',
  },
  {
    what: 'another name than the URL',
    path: `${CONFIG_MAPS}/there`,
    input: { method: 'PUT', body: { metadata: { name: 'bad' } } },
    status: 400,
    says: 'the name of the object (bad) does not match the name on the URL (there)',
  },
  {
    what: 'a resourceVersion at create',
    path: CONFIG_MAPS,
    input: post({ metadata: { name: 'bad', resourceVersion: '1' } }),
    status: 400,
    says: 'resourceVersion should not be set on objects to be created',
  },
  {
    what: 'a name that is taken',
    path: CONFIG_MAPS,
    input: post({ metadata: { name: 'there' } }),
    status: 409,
    reason: 'AlreadyExists',
    says: 'configmaps "there" already exists',
  },
  {
    what: 'an old resourceVersion',
    path: `${CONFIG_MAPS}/there`,
    input: { method: 'PUT', body: { metadata: { name: 'there', resourceVersion: '1' } } },
    status: 409,
    reason: 'Conflict',
    says: 'the object has been modified; please apply your changes to the latest version and try again',
  },
  {
    what: 'another uid',
    path: `${CONFIG_MAPS}/there`,
    input: { method: 'PUT', body: { metadata: { name: 'there', uid: 'x' } } },
    status: 409,
    reason: 'Conflict',
    says: 'Precondition failed: UID in precondition: x',
  },
  {
    what: 'an update of what is missing',
    path: `${CONFIG_MAPS}/bad`,
    input: { method: 'PUT', body: { metadata: { name: 'bad' } } },
    status: 404,
    reason: 'NotFound',
    says: 'configmaps "bad" not found',
  },
  {
    what: 'an unknown patch type',
    path: `${CONFIG_MAPS}/there`,
    input: patch({}, 'application/json'),
    status: 415,
    reason: 'UnsupportedMediaType',
    says: 'application/strategic-merge-patch+json',
  },
  {
    what: 'a patch that is no object',
    path: `${CONFIG_MAPS}/there`,
    input: patch([], MERGE),
    status: 400,
    reason: 'BadRequest',
  },
  {
    what: 'a JSON patch test that fails',
    path: `${CONFIG_MAPS}/there`,
    input: patch([{ op: 'test', path: '/data/a', value: '2' }], 'application/json-patch+json'),
    status: 422,
    reason: 'Invalid',
  },
  {
    what: 'a patch with an old version',
    path: `${CONFIG_MAPS}/there`,
    input: patch({ metadata: { resourceVersion: '1' } }, MERGE),
    status: 409,
    reason: 'Conflict',
  },
  {
    what: 'a patch of the name',
    path: `${CONFIG_MAPS}/there`,
    input: patch({ metadata: { name: 'bad' } }, MERGE),
    status: 422,
    field: 'metadata.name',
    says: 'field is immutable',
  },
  {
    what: 'a patch that makes the object wrong',
    path: `${CONFIG_MAPS}/there`,
    input: patch({ data: { a: 1 } }, MERGE),
    status: 422,
    reason: 'Invalid',
  },
  {
    what: 'protobuf',
    path: CONFIG_MAPS,
    input: post('k8s?', { 'content-type': 'application/vnd.kubernetes.protobuf' }),
    status: 400,
    reason: 'BadRequest',
  },
  {
    what: 'a body of another type',
    path: CONFIG_MAPS,
    input: post('a', { 'content-type': 'text/plain' }),
    status: 415,
    reason: 'UnsupportedMediaType',
  },
  {
    what: 'an answer in XML',
    path: CONFIG_MAPS,
    input: { headers: { accept: 'application/xml' } },
    status: 406,
    reason: 'NotAcceptable',
  },
  {
    what: 'an answer in protobuf, as a table',
    path: CONFIG_MAPS,
    input: { headers: { accept: 'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,text/html' } },
    status: 406,
    reason: 'NotAcceptable',
    says: 'only the following media types are accepted',
  },
  {
    what: 'a body beyond 3 MiB',
    path: CONFIG_MAPS,
    input: post({ metadata: { name: 'bad' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } }),
    status: 413,
    reason: 'RequestEntityTooLarge',
  },
  { what: 'a bad label selector', path: `${CONFIG_MAPS}?labelSelector=a%20b`, status: 400, reason: 'BadRequest' },
  {
    what: 'an unknown field selector',
    path: `${CONFIG_MAPS}?fieldSelector=spec.foo%3D1`,
    status: 400,
    reason: 'BadRequest',
    says: 'spec.foo',
  },
  {
    what: 'a limit that is no number',
    path: `${CONFIG_MAPS}?limit=many`,
    status: 400,
    reason: 'BadRequest',
    says: 'strconv.ParseInt: parsing "many": invalid syntax',
  },
  {
    what: 'a made-up continue token',
    path: `${CONFIG_MAPS}?limit=1&continue=x`,
    status: 400,
    reason: 'BadRequest',
    says: 'continue',
  },
  {
    what: 'a resourceVersion that is no number',
    path: `${CONFIG_MAPS}?resourceVersion=x`,
    status: 400,
    reason: 'BadRequest',
    says: 'invalid resource version: resourceVersion: Invalid value: "x"',
  },
  {
    what: 'resourceVersionMatch alone',
    path: `${CONFIG_MAPS}?resourceVersionMatch=Exact`,
    status: 422,
    field: 'resourceVersionMatch',
  },
  {
    what: 'an unknown dryRun',
    path: `${CONFIG_MAPS}?dryRun=Some`,
    input: post({ metadata: { name: 'bad' } }),
    status: 422,
    field: 'dryRun',
    says: 'supported values: "All"',
  },
  {
    what: 'an unknown fieldValidation',
    path: `${CONFIG_MAPS}?fieldValidation=No`,
    input: post({ metadata: { name: 'bad' } }),
    status: 422,
    field: 'fieldValidation',
  },
  {
    what: 'an unknown propagationPolicy',
    path: `${CONFIG_MAPS}/there?propagationPolicy=No`,
    input: { method: 'DELETE' },
    status: 422,
    field: 'propagationPolicy',
  },
  {
    what: 'a delete of another uid',
    path: `${CONFIG_MAPS}/there`,
    input: { method: 'DELETE', body: { preconditions: { uid: 'x' } } },
    status: 409,
    reason: 'Conflict',
  },
  {
    what: 'deleting the default namespace',
    path: '/api/v1/namespaces/default',
    input: { method: 'DELETE' },
    status: 403,
    reason: 'Forbidden',
    says: 'this namespace may not be deleted',
  },
  {
    what: 'a NodePort out of range',
    path: SERVICES,
    input: post({ metadata: { name: 'bad' }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] } }),
    status: 422,
    field: 'spec.ports[0].nodePort',
    says: 'The range of valid ports is 30000-32767',
  },
  {
    what: 'a ClusterIP out of range',
    path: SERVICES,
    input: post({ metadata: { name: 'bad' }, spec: { clusterIP: '192.168.0.1', ports: [{ port: 80 }] } }),
    status: 422,
    field: 'spec.clusterIPs',
  },
  {
    what: 'an unknown resource',
    path: '/api/v1/namespaces/default/foos',
    status: 404,
    reason: 'NotFound',
    says: 'the server could not find the requested resource',
  },
  { what: 'an unknown subresource', path: `${CONFIG_MAPS}/there/foo`, status: 404, reason: 'NotFound' },
  { what: 'an unknown group', path: '/apis/foo.io/v1/foos', status: 404, says: '404 page not found' },
  { what: 'an unknown path', path: '/foo', status: 404, says: '404 page not found' },
  { what: 'a path that cannot be decoded', path: `${CONFIG_MAPS}/%zz`, status: 400 },
  {
    what: 'PUT on a collection',
    path: CONFIG_MAPS,
    input: { method: 'PUT', body: {} },
    status: 405,
    reason: 'MethodNotAllowed',
    says: 'the server does not allow this method on the requested resource',
  },
  { what: 'POST on an object', path: `${CONFIG_MAPS}/there`, input: post({}), status: 405, reason: 'MethodNotAllowed' },
  { what: 'OPTIONS', path: CONFIG_MAPS, input: { method: 'OPTIONS' }, status: 405 },
  { what: 'an unknown verb', path: CONFIG_MAPS, input: { method: 'PROPFIND' }, status: 405 },
  { what: 'POST on the version', path: '/version', input: post({}), status: 405 },
  {
    what: 'scaling below zero',
    path: `${DEPLOYMENTS}/none/scale`,
    input: patch({ spec: { replicas: -1 } }, MERGE),
    status: 404,
    reason: 'NotFound',
  },
  {
    what: 'binding what is missing',
    path: `${PODS}/none/binding`,
    input: post({ metadata: { name: 'none' }, target: { kind: 'Node', name: 'n' } }),
    status: 404,
    reason: 'NotFound',
    says: 'pods "none" not found',
  },
  {
    what: 'no certificate',
    path: CONFIG_MAPS,
    input: { identity: null },
    status: 401,
    reason: 'Unauthorized',
    says: 'Unauthorized',
  },
  {
    what: 'no certificate, on a path',
    path: '/metrics',
    input: { identity: null },
    status: 401,
    says: 'Unauthorized',
  },
  {
    what: 'a token',
    path: CONFIG_MAPS,
    input: { identity: null, headers: { authorization: 'Bearer x' } },
    status: 401,
    reason: 'Unauthorized',
  },
];

test.each(CASES)('$what is refused', async ({ path, input, status, reason, says, field }) => {
  const answer = await server.fetch(path, input);
  expect({ status: answer.status, text: answer.text }).toEqual({ status, text: answer.text });
  if (says !== undefined)
    expect(answer.json?.message ?? answer.text).toMatch(says instanceof RegExp ? says : escaped(says));
  if (answer.json !== undefined)
    expect(answer.json).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status });
  if (reason !== undefined) expect(answer.json.reason).toBe(reason);
  if (field !== undefined)
    expect(answer.json.details.causes.map((cause: { field: string }) => cause.field)).toContain(field);
});

function escaped(text: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
}

test('nothing of it has been stored', async () => {
  const all = await Promise.all([CONFIG_MAPS, PODS, DEPLOYMENTS, SERVICES].map((path) => server.fetch(path)));
  const names = all.flatMap(({ json }) => json.items.map((item: { metadata: { name: string } }) => item.metadata.name));
  expect(names.sort()).toEqual(['kubernetes', 'there']);
  expect((await server.fetch(`${CONFIG_MAPS}/there`)).json.data).toEqual({ a: '1' });
});

test('HEAD is refused without a body', async () => {
  const answer = await server.fetch(CONFIG_MAPS, { method: 'HEAD' });
  expect(answer).toMatchObject({ status: 405, text: '' });
});

test('a certificate of another authority is nobody', async () => {
  const stranger = await issueCertificate(await createCertificateAuthority({ commonName: 'other' }), {
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usages: ['client'],
  });
  const answer = await server.fetch(CONFIG_MAPS, { identity: stranger });
  expect(answer).toMatchObject({ status: 401, json: { reason: 'Unauthorized', message: 'Unauthorized' } });
});

test('what is no HTTP is answered 400', async () => {
  const { connect } = await import('node:tls');
  const socket = connect({ host: '127.0.0.1', port: server.securePort, rejectUnauthorized: false });
  const text = await new Promise<string>((resolve, reject) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    socket.once('end', () => resolve(received));
    socket.once('error', reject);
    socket.once('secureConnect', () => socket.write('nonsense\r\n\r\n'));
  });
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
});

test('a body that breaks off is not taken for a whole one', async () => {
  const options = server.requestOptions(CONFIG_MAPS, { method: 'POST', body: {} });
  const outgoing = request({
    ...options,
    agent: false,
    headers: { ...options.headers, 'content-length': '100' },
    ca: server.authority.certificatePem,
    cert: server.admin.certificatePem,
    key: server.admin.privateKeyPem,
  });
  outgoing.on('error', () => {});
  outgoing.write('{"metadata":{"name":"bad"}}');
  await new Promise((resolve) => outgoing.once('socket', (socket) => socket.once('secureConnect', resolve)));
  outgoing.destroy();
  expect((await server.fetch(`${CONFIG_MAPS}/bad`)).status).toBe(404);
});

test('fields that Warn finds unknown come back as warnings', async () => {
  const answer = await server.fetch(`${CONFIG_MAPS}?dryRun=All`, {
    method: 'POST',
    body: { metadata: { name: 'bad' }, foo: 1, 'b"ar': 2 },
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.warning).toBe('299 - "unknown field \\"foo\\"", 299 - "unknown field \\"b\\"ar\\""');
});
