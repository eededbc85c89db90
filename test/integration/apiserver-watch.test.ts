import { execFile } from 'node:child_process';
import { on, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

interface Frame {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: frames carry objects of every kind.
  readonly object: any;
}

interface OpenWatch {
  readonly response: IncomingMessage;
  /** The next frame; undefined at the end. Rejects after 5 s without one. */
  next(): Promise<Frame | undefined>;
  close(): void;
}

async function watch(query: string, headers: Record<string, string> = {}): Promise<OpenWatch> {
  const path = query.startsWith('/') ? query : `${CONFIG_MAPS}?watch=true&${query}`;
  const outgoing = request(server.requestOptions(path, { headers }));
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  return {
    response,
    async next() {
      const limit = new AbortController();
      const late = delay(5_000, undefined, { signal: limit.signal }).then(() => {
        throw new Error('no frame within 5 s');
      });
      late.catch(() => {});
      try {
        const { value, done } = await Promise.race([lines.next(), late]);
        return done ? undefined : (JSON.parse(value as string) as Frame);
      } finally {
        limit.abort();
      }
    },
    close: () => outgoing.destroy(),
  };
}

const create = (name: string, labels = {}, data = {}) =>
  server.fetch(CONFIG_MAPS, { method: 'POST', body: { metadata: { name, labels }, data } });
const label = (name: string, labels: Record<string, string | null>) =>
  server.fetch(`${CONFIG_MAPS}/${name}`, {
    method: 'PATCH',
    body: { metadata: { labels } },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
const remove = (name: string) => server.fetch(`${CONFIG_MAPS}/${name}`, { method: 'DELETE' });

const short = (frame: Frame | undefined) => frame && [frame.type, frame.object.metadata.name];

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

test('what is there, then what happens, in order and with every version', async () => {
  await create('w1');
  const watching = await watch('');
  expect(watching.response.headers).toMatchObject({
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
  });
  expect(short(await watching.next())).toEqual(['ADDED', 'w1']);
  await label('w1', { a: '1' });
  await create('w2');
  await remove('w1');
  expect(short(await watching.next())).toEqual(['MODIFIED', 'w1']);
  const added = await watching.next();
  expect(short(added)).toEqual(['ADDED', 'w2']);
  const deleted = await watching.next();
  expect(deleted).toMatchObject({
    type: 'DELETED',
    object: { kind: 'ConfigMap', metadata: { name: 'w1', labels: { a: '1' } } },
  });
  expect(Number(deleted?.object.metadata.resourceVersion)).toBeGreaterThan(
    Number(added?.object.metadata.resourceVersion),
  );
  watching.close();
  await remove('w2');
});

test('from a version: everything after it and nothing before', async () => {
  const { json } = await create('from');
  await label('from', { step: '1' });
  await label('from', { step: '2' });
  const watching = await watch(`resourceVersion=${json.metadata.resourceVersion}`);
  expect((await watching.next())?.object.metadata.labels).toEqual({ step: '1' });
  expect((await watching.next())?.object.metadata.labels).toEqual({ step: '2' });
  watching.close();
  await remove('from');
});

test('a selector: what begins to match is ADDED, what stops is DELETED as it last matched', async () => {
  const { json } = await server.fetch(CONFIG_MAPS);
  const watching = await watch(`labelSelector=on%3Dyes&resourceVersion=${json.metadata.resourceVersion}`);
  await create('selected', { on: 'no' });
  await label('selected', { on: 'yes' });
  await label('selected', { more: '1' });
  const off = await label('selected', { on: 'no' });
  await remove('selected');
  expect(await watching.next()).toMatchObject({ type: 'ADDED', object: { metadata: { labels: { on: 'yes' } } } });
  expect(await watching.next()).toMatchObject({ type: 'MODIFIED', object: { metadata: { labels: { more: '1' } } } });
  expect(await watching.next()).toMatchObject({
    type: 'DELETED',
    object: { metadata: { labels: { on: 'yes', more: '1' }, resourceVersion: off.json.metadata.resourceVersion } },
  });
  await create('after', { on: 'yes' });
  expect(short(await watching.next())).toEqual(['ADDED', 'after']);
  watching.close();
  await remove('after');
});

test('sendInitialEvents ends them with a bookmark (KEP-3157)', async () => {
  await create('initial');
  const watching = await watch('sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan');
  expect(short(await watching.next())).toEqual(['ADDED', 'initial']);
  expect(await watching.next()).toMatchObject({
    type: 'BOOKMARK',
    object: {
      kind: 'ConfigMap',
      metadata: {
        resourceVersion: expect.stringMatching(/^\d+$/),
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    },
  });
  watching.close();
});

test('one object by its name', async () => {
  await create('other');
  const watching = await watch('fieldSelector=metadata.name%3Dinitial');
  expect(short(await watching.next())).toEqual(['ADDED', 'initial']);
  await label('other', { a: '1' });
  await label('initial', { a: '1' });
  expect(short(await watching.next())).toEqual(['MODIFIED', 'initial']);
  watching.close();
  await remove('other');
});

test('tables: columns with the first event only', async () => {
  const watching = await watch('', { accept: TABLE });
  const first = await watching.next();
  expect(first).toMatchObject({ type: 'ADDED', object: { kind: 'Table', apiVersion: 'meta.k8s.io/v1' } });
  expect(first?.object.columnDefinitions.length).toBeGreaterThan(0);
  await label('initial', { a: '2' });
  const second = await watching.next();
  expect(second?.object.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'initial' } });
  expect(second?.object.columnDefinitions ?? []).toHaveLength(0);
  watching.close();
});

test('metadata alone', async () => {
  const watching = await watch('', { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' });
  const frame = await watching.next();
  expect(frame?.object).toMatchObject({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { name: 'initial' },
  });
  expect(frame?.object).not.toHaveProperty('data');
  watching.close();
});

test('a version from the past that nobody keeps is an ERROR event with 410', async () => {
  // A server that starts now knows of no event before the compaction.
  const etcdctl = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, ETCDCTL_API: '3' };
    const { stdout } = await promisify(execFile)('etcdctl', ['--endpoints', etcd.endpoint, ...args], { env });
    return stdout;
  };
  const { header } = JSON.parse(await etcdctl('get', 'nothing', '--write-out=json'));
  await etcdctl('compact', String(header.revision));
  const late = await startApiserver({ etcd: etcd.endpoint, authority: server.authority, name: 'late' });
  try {
    const answer = await late.fetch(`${CONFIG_MAPS}?watch=true&resourceVersion=1&timeoutSeconds=5`);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    expect(answer.json.object.message).toContain('too old resource version: 1');
  } finally {
    await late.stop();
  }
});

test('timeoutSeconds ends it, cleanly', async () => {
  const startMs = performance.now();
  const answer = await server.fetch(`${CONFIG_MAPS}?watch=true&timeoutSeconds=1&resourceVersion=0&labelSelector=none`);
  expect(answer).toMatchObject({ status: 200, text: '' });
  expect(performance.now() - startMs).toBeGreaterThan(900);
});

test('many watchers get every event', async () => {
  const { json } = await server.fetch(CONFIG_MAPS);
  const watchers = await Promise.all(
    Array.from({ length: 30 }, () => watch(`resourceVersion=${json.metadata.resourceVersion}`)),
  );
  const names = Array.from({ length: 20 }, (_, i) => `fan-${i}`);
  for (const name of names) await create(name);
  for (const watching of watchers) {
    const seen: string[] = [];
    while (seen.length < names.length) seen.push((await watching.next())?.object.metadata.name);
    expect(seen).toEqual(names);
    watching.close();
  }
});

test('kubectl get -w prints changes', async () => {
  const { stdout } = await server.kubectl([
    'get',
    'configmap',
    'initial',
    '--watch',
    '--request-timeout=2s',
    '-o',
    'name',
  ]);
  expect(stdout).toBe('configmap/initial\n');
});

test('a watch over a WebSocket is a text message each event', async () => {
  const identity = {
    ca: server.authority.certificatePem,
    cert: server.admin.certificatePem,
    key: server.admin.privateKeyPem,
  };
  const open = async (path: string, protocols: string[] = []) => {
    const socket = new WebSocket(`wss://127.0.0.1:${server.securePort}${path}`, protocols, identity);
    const messages = on(socket, 'message')[Symbol.asyncIterator]();
    await once(socket, 'open');
    const next = async () => {
      const { value } = await messages.next();
      const [data, isBinary] = value as [Buffer, boolean];
      expect(isBinary).toBe(false);
      return JSON.parse(data.toString()) as Frame;
    };
    return { socket, next };
  };
  await create('ws1', { over: 'ws' });
  const watching = await open(`${CONFIG_MAPS}?watch=true&labelSelector=over%3Dws&timeoutSeconds=60`, ['any.example']);
  expect(watching.socket.protocol).toBe('any.example');
  expect(short(await watching.next())).toEqual(['ADDED', 'ws1']);
  await create('ws2', { over: 'ws' });
  await remove('ws1');
  expect([short(await watching.next()), short(await watching.next())]).toEqual([
    ['ADDED', 'ws2'],
    ['DELETED', 'ws1'],
  ]);
  watching.socket.close();
  await once(watching.socket, 'close');
  const brief = await open(`/api/v1/watch/namespaces/default/configmaps?timeoutSeconds=1&resourceVersion=0`);
  const [code] = await once(brief.socket, 'close');
  expect(code).toBe(1000);
  const refused = new WebSocket(
    `wss://127.0.0.1:${server.securePort}${CONFIG_MAPS}?watch=true&resourceVersionMatch=Exact`,
    identity,
  );
  const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage];
  expect(response.statusCode).toBe(422);
  response.destroy();
});

test.each([
  ['5', 'time: missing unit in duration "5"'],
  ['soon', 'time: invalid duration "soon"'],
])('a timeout of %s is refused', async (timeout, why) => {
  const { status, json } = await server.fetch(`${CONFIG_MAPS}?timeout=${timeout}`);
  expect({ status, reason: json.reason, message: json.message }).toEqual({
    status: 400,
    reason: 'BadRequest',
    message: `invalid timeout specified in the request URL - ${why}`,
  });
});
