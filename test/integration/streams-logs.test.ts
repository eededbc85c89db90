import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Log } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { KUBECTL_SPDY, KUBECTL_WEBSOCKET, type StreamsCluster, startStreamsCluster } from './streams-cluster.js';

let cluster: StreamsCluster;
let pod: string;
let pair: string;

beforeAll(async () => {
  cluster = await startStreamsCluster();
  pod = await cluster.addPod('a', ['main']);
  pair = await cluster.addPod('pair', ['main', 'waiting', 'endless']);
  await cluster.addPod('pending', ['main'], '');
});

afterAll(() => cluster?.stop());

function get(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(cluster.server.requestOptions(path)).once('response', resolve).once('error', reject).end();
  });
}

test('a log is plain text, in pieces', async () => {
  const answer = await cluster.server.fetch(`${pod}/log`);
  expect(answer).toMatchObject({ status: 200, text: 'one\ntwo\nthree\n' });
  expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
});

test('what a client asks for reaches the kubelet, with the trace', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const query = 'timestamps=true&tailLines=1&limitBytes=9&sinceTime=2024-01-02T03:04:05Z&pretty=true&stream=All';
  const answer = await cluster.server.fetch(`${pod}/log?container=main&${query}`, { headers: { traceparent } });
  expect(answer.text).toBe('three\n');
  const asked = cluster.kubelet.logRequests.at(-1);
  expect(asked).toMatchObject({
    target: { namespace: 'default', pod: 'a', container: 'main', podUid: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    timestamps: true,
    follow: false,
    previous: false,
    tailLines: 1,
    limitBytes: 9,
    sinceTime: '2024-01-02T03:04:05Z',
    stream: 'All',
  });
  expect(asked?.sinceSeconds ?? undefined).toBeUndefined();
  expect(asked?.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
});

test.each([
  ['', 400, 'BadRequest', 'a container name must be specified for pod pair, choose one of: [main waiting endless]'],
  ['container=c', 400, 'BadRequest', 'container c is not valid for pod pair'],
  ['container=waiting', 400, 'BadRequest', 'container "waiting" in pod "pair" is waiting to start: ContainerCreating'],
  ['container=main&previous=true', 400, 'BadRequest', 'previous terminated container "main" in pod "pair" not found'],
  ['container=main&tailLines=x', 400, 'BadRequest', 'strconv.ParseInt: parsing "x": invalid syntax'],
  [
    'container=main&tailLines=-1',
    422,
    'Invalid',
    'PodLogOptions "pair" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'container=main&limitBytes=0',
    422,
    'Invalid',
    'PodLogOptions "pair" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
  ],
  [
    'container=main&sinceSeconds=0',
    422,
    'Invalid',
    'PodLogOptions "pair" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
  ],
  [
    'container=main&sinceSeconds=1&sinceTime=2024-01-02T03:04:05Z',
    422,
    'Invalid',
    'PodLogOptions "pair" is invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
  ],
])('log?%s is refused', async (query, code, reason, message) => {
  const answer = await cluster.server.fetch(`${pair}/log?${query}`);
  expect(answer.json).toMatchObject({ kind: 'Status', status: 'Failure', code, reason, message });
  expect(answer.status).toBe(code);
});

test('a pod on no node has an empty log; one that is not there is not found', async () => {
  expect(await cluster.server.fetch('/api/v1/namespaces/default/pods/pending/log')).toMatchObject({
    status: 200,
    text: '',
  });
  const missing = await cluster.server.fetch('/api/v1/namespaces/default/pods/nobody/log');
  expect(missing.json).toMatchObject({ code: 404, message: 'pods "nobody" not found' });
});

test('a log that is followed comes line by line, and its end with the container', async () => {
  const followed = once(cluster.kubelet.log, 'followed');
  const response = await get(`${pod}/log?follow=true&tailLines=0`);
  await followed;
  for (const line of ['first\n', 'second\n']) {
    const chunk = once(response, 'data');
    cluster.kubelet.log.emit('line', line);
    expect(String((await chunk)[0])).toBe(line);
  }
  const end = text(response);
  cluster.kubelet.log.emit('end');
  expect(await end).toBe('');
});

test('a client that leaves ends the call to the kubelet', async () => {
  const followed = once(cluster.kubelet.log, 'followed');
  const response = await get(`${pod}/log?follow=true`);
  await followed;
  expect(cluster.kubelet.active).toBe(1);
  response.destroy();
  await expect.poll(() => cluster.kubelet.active).toBe(0);
});

test('a client that does not read holds the kubelet back', async () => {
  const response = await get(`${pair}/log?container=endless&follow=true`);
  let before = -1;
  const hasStopped = () => {
    const sameAsBefore = cluster.kubelet.sentBytes === before;
    before = cluster.kubelet.sentBytes;
    return sameAsBefore;
  };
  await expect.poll(hasStopped, { interval: 300, timeout: 20_000 }).toBe(true);
  expect(cluster.kubelet.sentBytes).toBeLessThan(64 * 1024 * 1024);
  response.destroy();
  await expect.poll(() => cluster.kubelet.active).toBe(0);
});

test.each([KUBECTL_SPDY, KUBECTL_WEBSOCKET])('%s logs, and logs -f', async (binary) => {
  expect((await cluster.kubectl(binary, ['logs', 'a', '--tail=2'])).stdout.toString()).toBe('two\nthree\n');
  const wrong = await cluster.kubectl(binary, ['logs', 'pair', '-c', 'waiting']);
  expect(wrong.stderr).toContain('container "waiting" in pod "pair" is waiting to start: ContainerCreating');
  const followed = once(cluster.kubelet.log, 'followed');
  const follower = cluster.spawnKubectl(binary, ['logs', '-f', 'a']);
  let output = '';
  follower.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  await followed;
  cluster.kubelet.log.emit('line', 'four\n');
  await expect.poll(() => output).toBe('one\ntwo\nthree\nfour\n');
  follower.kill('SIGKILL');
  await expect.poll(() => cluster.kubelet.active).toBe(0);
});

test('@kubernetes/client-node reads a log', async () => {
  const output = new PassThrough();
  await new Log(cluster.kubeConfig).log('default', 'a', 'main', output, { tailLines: 1 });
  expect(await text(output)).toBe('three\n');
});

test('a log over a WebSocket', async () => {
  const { ca, cert, key } = await tlsOf(cluster);
  const url = `wss://127.0.0.1:${cluster.server.securePort}${pod}/log`;
  const socket = new WebSocket(url, ['base64.binary.k8s.io'], { ca, cert, key });
  let output = '';
  socket.on('message', (data: Buffer) => {
    output += Buffer.from(data.toString(), 'base64').toString();
  });
  await once(socket, 'close');
  expect(output).toBe('one\ntwo\nthree\n');
});

async function tlsOf({ server }: StreamsCluster) {
  const { certificatePem: cert, privateKeyPem: key } = server.admin;
  return { ca: server.authority.certificatePem, cert, key };
}

test('a kubelet that is not the node is not spoken to', async () => {
  const stranger = await cluster.startKubelet({ commonName: 'system:node:other' });
  await cluster.addNode('node-2', stranger.port);
  const path = await cluster.addPod('b', ['main'], 'node-2');
  const answer = await cluster.server.fetch(`${path}/log`);
  expect(answer.status).toBe(500);
  expect(answer.json.message).toMatch(/^error dialing backend: .*127\.0\.0\.1/);
  expect(stranger.logRequests).toEqual([]);
  const byAddress = await cluster.startKubelet({ commonName: 'kubelet', ipAddresses: ['127.0.0.1'] });
  await cluster.addNode('node-3', byAddress.port);
  const other = await cluster.addPod('c', ['main'], 'node-3');
  expect((await cluster.server.fetch(`${other}/log?tailLines=1`)).text).toBe('three\n');
});

test('a kubelet that does not answer, a node that has none and a node that is gone', async () => {
  await cluster.addNode('node-4', 1);
  const path = await cluster.addPod('d', ['main'], 'node-4');
  const refused = await cluster.server.fetch(`${path}/log`);
  expect(refused.json).toMatchObject({ code: 500, reason: 'InternalError' });
  expect(refused.json.message).toMatch(/^error dialing backend: .*ECONNREFUSED/);
  const orphan = await cluster.addPod('e', ['main'], 'node-5');
  expect((await cluster.server.fetch(`${orphan}/log`)).json).toMatchObject({
    code: 404,
    message: 'nodes "node-5" not found',
  });
});
