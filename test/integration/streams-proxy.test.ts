import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { issueCertificate } from '@kubelab/runtime/certificates';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StreamsCluster, startStreamsCluster } from './streams-cluster.js';

/** The proxy subresource of pods, services and nodes. The fake kubelet's pods are ports of this machine. */

let cluster: StreamsCluster;
let web: Server;
let secure: Server;
let port: number;
let securePort: number;
let pod: string;

const NAMESPACE = '/api/v1/namespaces/default';

/** Tells what it was asked. */
function answer(message: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = message;
  if (url === '/moved') {
    response.writeHead(302, { location: '/there?x=1' }).end();
  } else if (url === '/page') {
    const page = gzipSync('<html><body><a href="/next">next</a> é</body></html>');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-encoding': 'gzip' }).end(page);
  } else if (url === '/endless') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('first\n');
  } else {
    message.toArray().then((chunks) => {
      const body = Buffer.concat(chunks);
      response.writeHead(201, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
      response.end(JSON.stringify({ method, url, headers, bytes: body.length, text: body.toString().slice(0, 20) }));
    });
  }
}

async function merge(path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  const { status, text } = await cluster.server.fetch(path, { method: 'PATCH', headers, body });
  if (status !== 200) throw new Error(text);
}

async function create(path: string, body: object): Promise<void> {
  const { status, text } = await cluster.server.fetch(path, { method: 'POST', body });
  if (status !== 201) throw new Error(text);
}

beforeAll(async () => {
  cluster = await startStreamsCluster();
  web = createServer(answer).listen(0, '127.0.0.1');
  web.on('upgrade', (message, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${message.headers.upgrade}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  const { certificatePem: cert, privateKeyPem: key } = await issueCertificate(cluster.server.authority, {
    commonName: 'whoever',
    usages: ['server'],
  });
  secure = createTlsServer({ cert, key }, answer).listen(0, '127.0.0.1');
  await Promise.all([web, secure].map((server) => server.listening || once(server, 'listening')));
  port = (web.address() as AddressInfo).port;
  securePort = (secure.address() as AddressInfo).port;
  pod = await cluster.addPod('web', ['main']);
  await merge(`${pod}/status`, { status: { podIP: '10.244.0.9', podIPs: [{ ip: '10.244.0.9' }] } });
  await create(`${NAMESPACE}/services`, {
    metadata: { name: 'web' },
    spec: {
      ports: [
        { name: 'http', port: 80, targetPort: port },
        { name: 'https', port: 443, targetPort: securePort },
      ],
    },
  });
  await create(`${NAMESPACE}/endpoints`, {
    metadata: { name: 'web' },
    subsets: [
      {
        addresses: [{ ip: '10.244.0.9', targetRef: { kind: 'Pod', namespace: 'default', name: 'web' } }],
        ports: [
          { name: 'http', port },
          { name: 'https', port: securePort },
        ],
      },
    ],
  });
  await create(`${NAMESPACE}/services`, { metadata: { name: 'empty' }, spec: { ports: [{ port: 80 }] } });
  await create(`${NAMESPACE}/endpoints`, { metadata: { name: 'empty' } });
  await create(`${NAMESPACE}/services`, { metadata: { name: 'bare' }, spec: { ports: [{ port: 80 }] } });
});

afterAll(async () => {
  web?.closeAllConnections();
  web?.close();
  secure?.close();
  await cluster?.stop();
});

describe('pods', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('%s, with its body, path and query', async (method) => {
    const path = `${pod}:${port}/proxy/a%20b/c?d=e&d=f`;
    const body = method === 'GET' ? undefined : 'hello';
    const answered = await cluster.server.fetch(path, {
      method,
      headers: { 'content-type': 'text/plain', authorization: 'Bearer secret', 'x-mine': '1' },
      ...(body === undefined ? {} : { body }),
    });
    expect(answered).toMatchObject({
      status: 201,
      json: { method, url: '/a%20b/c?d=e&d=f', bytes: body?.length ?? 0, headers: { 'x-mine': '1' } },
    });
    expect(answered.json.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-uri': `${pod}:${port}/proxy/a%20b/c?d=e&d=f`,
    });
    expect(answered.json.headers).not.toHaveProperty('authorization');
    expect(answered.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('HEAD', async () => {
    expect(await cluster.server.fetch(`${pod}:${port}/proxy/`, { method: 'HEAD' })).toMatchObject({
      status: 201,
      text: '',
    });
  });

  test('a large body in pieces', async () => {
    const options = cluster.server.requestOptions(`${pod}:${port}/proxy/`, { method: 'POST' });
    const outgoing = request({ ...options, headers: { 'transfer-encoding': 'chunked' } });
    const response = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    for (let i = 0; i < 8; i++) outgoing.write(Buffer.alloc(1024 * 1024, 'x'));
    outgoing.end();
    const chunks = await (await response)[0].toArray();
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ bytes: 8 * 1024 * 1024 });
  });

  test('an answer is passed on as it comes, and a client that leaves ends it', async () => {
    const outgoing = request(cluster.server.requestOptions(`${pod}:${port}/proxy/endless`));
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    expect(String((await once(response, 'data'))[0])).toBe('first\n');
    outgoing.destroy();
    await expect.poll(() => cluster.kubelet.active, { timeout: 5_000 }).toBe(0);
  });

  test('without the slash it leads there', async () => {
    const answered = await cluster.server.fetch(`${pod}:${port}/proxy?a=b`);
    expect(answered).toMatchObject({ status: 301, headers: { location: `${pod}:${port}/proxy/?a=b` } });
  });

  test('links and redirects lead through the proxy', async () => {
    expect(await cluster.server.fetch(`${pod}:${port}/proxy/moved`)).toMatchObject({
      status: 302,
      headers: { location: `${pod}:${port}/proxy/there?x=1` },
    });
    const page = await cluster.server.fetch(`${pod}:${port}/proxy/page`);
    expect(page.text).toBe(`<html><body><a href="${pod}:${port}/proxy/next">next</a> é</body></html>`);
    expect(page.headers).not.toHaveProperty('content-encoding');
  });

  test('over TLS, whatever certificate the pod has', async () => {
    const path = `${NAMESPACE}/pods/https:web:${securePort}/proxy/x`;
    expect((await cluster.server.fetch(path)).json).toMatchObject({ url: '/x' });
  });

  test('a protocol that is switched to goes both ways', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'echo/1' };
    const outgoing = request(cluster.server.requestOptions(`${pod}:${port}/proxy/x`, { headers }));
    outgoing.end();
    const [response, socket] = (await once(outgoing, 'upgrade')) as [IncomingMessage, Duplex];
    expect(response.headers.upgrade).toBe('echo/1');
    socket.write('ping');
    expect(String((await once(socket, 'data'))[0])).toBe('ping');
    socket.end();
    await expect.poll(() => cluster.kubelet.active, { timeout: 5_000 }).toBe(0);
  });
});

describe('services', () => {
  test.each([
    ['web:http', 'the name of a port'],
    ['web:80', 'its number'],
    ['http:web:http', 'a scheme'],
    ['https:web:443', 'TLS'],
  ])('%s: by %s', async (name) => {
    const { status, json } = await cluster.server.fetch(`${NAMESPACE}/services/${name}/proxy/path`);
    expect([status, json.url]).toEqual([201, '/path']);
  });

  test.each([
    ['web', 503, 'ServiceUnavailable', 'no endpoints available for service "web"'],
    ['web:nope', 503, 'ServiceUnavailable', 'no endpoints available for service "web:nope"'],
    ['web:81', 503, 'ServiceUnavailable', 'no service port 81 found for service "web"'],
    ['empty', 503, 'ServiceUnavailable', 'no endpoints available for service "empty"'],
    ['bare', 404, 'NotFound', 'endpoints "bare" not found'],
    ['nope', 404, 'NotFound', 'endpoints "nope" not found'],
    ['nope:80', 404, 'NotFound', 'services "nope" not found'],
    ['ftp:web:80', 400, 'BadRequest', 'invalid service request "ftp:web:80"'],
    ['a:b:c:d', 400, 'BadRequest', 'invalid service request "a:b:c:d"'],
  ])('%s is refused', async (name, status, reason, message) => {
    expect(await cluster.server.fetch(`${NAMESPACE}/services/${name}/proxy/`)).toMatchObject({
      status,
      json: { kind: 'Status', reason, message },
    });
  });
});

describe('nodes', () => {
  test('another port than the kubelet’s', async () => {
    const { json } = await cluster.server.fetch(`/api/v1/nodes/node-1:${port}/proxy/path`);
    expect(json.url).toBe('/path');
  });

  test('the pods of a node', async () => {
    const { json } = await cluster.server.fetch('/api/v1/nodes/node-1/proxy/pods');
    expect(json).toMatchObject({ kind: 'PodList', items: [{ metadata: { name: 'web' } }] });
  });
});

test.each([
  ['pods/nope/proxy/', 404, 'pods "nope" not found'],
  ['pods/web:1/proxy/', 503, /^error trying to reach service: /],
  ['pods/x:web:80/proxy/', 400, 'invalid pod request "x:web:80"'],
])('%s is refused', async (path, code, message) => {
  const answered = await cluster.server.fetch(`${NAMESPACE}/${path}`);
  expect(answered.json).toMatchObject({ kind: 'Status', code });
  expect(answered.json.message).toMatch(message);
});

test('nobody may', async () => {
  const answered = await cluster.server.fetch(`${pod}:${port}/proxy/`, { identity: null });
  expect([401, 403]).toContain(answered.status);
});

test('kubectl get --raw and kubectl proxy', async () => {
  const raw = await cluster.kubectl('kubectl', ['get', '--raw', `${NAMESPACE}/services/web:http/proxy/raw`]);
  expect(JSON.parse(raw.stdout.toString())).toMatchObject({ url: '/raw' });
  const proxy: ChildProcess = cluster.spawnKubectl('kubectl', ['proxy', '--port=0']);
  try {
    const [line] = (await once(proxy.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const address = /127\.0\.0\.1:\d+/.exec(line.toString())?.[0];
    const answered = await fetch(`http://${address}${NAMESPACE}/pods/web:${port}/proxy/page`);
    expect(await answered.text()).toContain(`href="${NAMESPACE}/pods/web:${port}/proxy/next"`);
  } finally {
    proxy.kill();
    await once(proxy, 'exit');
  }
});
