import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { ApiError } from '@kubelab/api';
import type { StreamHandlers, StreamRequest } from '@kubelab/apiserver';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RequestInput, type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;
let last: StreamRequest | undefined;

const POD = '/api/v1/namespaces/default/pods/p';
const UPGRADE = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };

/** Answers logs with a line, echoes what comes over an upgraded connection. */
const echo: StreamHandlers = {
  async serve(stream, _message, response) {
    last = stream;
    if (stream.query.get('container') === 'none')
      throw new ApiError('BadRequest', 'container none is not valid for pod p');
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end(`log of ${stream.pod.metadata.name}\n`);
  },
  async upgrade(stream, _message, socket, head) {
    last = stream;
    if (stream.query.get('container') === 'none')
      throw new ApiError('BadRequest', 'container none is not valid for pod p');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    socket.write(head);
    socket.pipe(socket);
    await once(socket, 'close');
  },
  connectPod: () => Promise.reject(new Error('no pod runs')),
  nodeStats: () => Promise.reject(new Error('no node runs')),
};

/** The connection where it was upgraded, else the answer. */
async function open(
  path: string,
  input: RequestInput = {},
): Promise<{ socket?: Duplex; status: number; text: string }> {
  const outgoing = request(server.requestOptions(path, { method: 'POST', headers: UPGRADE, ...input }));
  outgoing.end();
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('upgrade', (_response: IncomingMessage, socket: Duplex) =>
      resolve({ socket, status: 101, text: '' }),
    );
    outgoing.once('response', (response) => {
      response
        .toArray()
        .then(
          (chunks) => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          reject,
        );
    });
  });
}

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint, streams: echo });
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  expect((await server.fetch('/api/v1/namespaces/default/pods', { method: 'POST', body: pod })).status).toBe(201);
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

test('logs are handed on with the user, the pod and the query', async () => {
  expect(await server.fetch(`${POD}/log?tailLines=3`)).toMatchObject({ status: 200, text: 'log of p\n' });
  expect(last).toMatchObject({
    subresource: 'log',
    user: { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
    pod: { metadata: { name: 'p' } },
  });
  expect(last?.query.get('tailLines')).toBe('3');
});

test('an upgraded connection goes both ways, and its end is seen', async () => {
  const { socket } = await open(`${POD}/exec?command=a&command=b`);
  if (socket === undefined) throw new Error('not upgraded');
  expect(last?.query.getAll('command')).toEqual(['a', 'b']);
  socket.write('hello');
  expect(String((await once(socket, 'data'))[0])).toBe('hello');
  const aborted = once(last?.signal as AbortSignal, 'abort');
  socket.destroy();
  await aborted;
});

test.each([
  ['a missing pod', '/api/v1/namespaces/default/pods/none/exec', {}, 404, 'pods \\"none\\" not found'],
  ['what the handler refuses', `${POD}/exec?container=none`, {}, 400, 'container none is not valid for pod p'],
  ['nobody', `${POD}/exec`, { identity: null }, 401, 'Unauthorized'],
])('an upgrade for %s is answered with a Status', async (_what, path, input, status, text) => {
  expect(await open(path, input)).toMatchObject({ status, text: expect.stringContaining(text) });
});

test.each(['h2c', 'websocket', 'SPDY/3.1'])('a wish for %s is ignored where it has no place', async (upgrade) => {
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade, 'http2-settings': 'AAMAAABkAAQAAP__' };
  const path = '/api/v1/namespaces/default/configmaps';
  const created = await server.fetch(path, {
    method: 'POST',
    headers,
    body: { metadata: { generateName: 'x-' }, data: { key: 'x'.repeat(100_000) } },
  });
  expect(created).toMatchObject({ status: 201, json: { kind: 'ConfigMap' } });
  expect(created.json.data.key).toHaveLength(100_000);
  expect(await server.fetch(`${path}/${created.json.metadata.name}`, { headers })).toMatchObject({ status: 200 });
  if (upgrade !== 'h2c') return;
  expect(await server.fetch(`${POD}/log`, { headers })).toMatchObject({ status: 200, text: 'log of p\n' });
});

test('a server without credentials for kubelets says so', async () => {
  const without = await startApiserver({ etcd: etcd.endpoint, authority: server.authority, name: 'without' });
  try {
    expect(await without.fetch(`${POD}/log`)).toMatchObject({ status: 503, json: { reason: 'ServiceUnavailable' } });
  } finally {
    await without.stop();
  }
});
