import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { KUBECTL_SPDY, KUBECTL_WEBSOCKET, type StreamsCluster, startStreamsCluster } from './streams-cluster.js';

let cluster: StreamsCluster;
let pod: string;

beforeEach(async () => {
  cluster = await startStreamsCluster();
  pod = await cluster.addPod('a', ['main']);
});

afterEach(() => cluster?.stop());

const SLEEP = ['sh', '-c', 'echo started; exec sleep 1000'];
const SHELL = SLEEP.map((word) => `command=${encodeURIComponent(word)}`).join('&');

function openWebSocket(path: string, protocol: string): WebSocket {
  const { certificatePem: cert, privateKeyPem: key } = cluster.server.admin;
  const url = `wss://127.0.0.1:${cluster.server.securePort}${path}`;
  return new WebSocket(url, [protocol], { ca: cluster.server.authority.certificatePem, cert, key });
}

/** One of every kind of stream, each known to be carried. */
async function openEverything() {
  const followed = once(cluster.kubelet.log, 'followed');
  const log = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = cluster.server.requestOptions(`${pod}/log?follow=true`);
    request(options).once('response', resolve).once('error', reject).end();
  });
  await followed;
  const clients = [KUBECTL_SPDY, KUBECTL_WEBSOCKET].map((binary) =>
    cluster.spawnKubectl(binary, ['exec', '-i', 'a', '--', ...SLEEP]),
  );
  await Promise.all(clients.map(({ stdout }) => once(stdout, 'data')));
  const forwarders = [KUBECTL_SPDY, KUBECTL_WEBSOCKET].map((binary) =>
    cluster.spawnKubectl(binary, ['port-forward', 'pod/a', ':1']),
  );
  await Promise.all(forwarders.map(({ stdout }) => once(stdout, 'data')));
  const socket = openWebSocket(`${pod}/exec?stdout=1&${SHELL}`, 'v5.channel.k8s.io');
  await once(socket, 'message');
  return { log: text(log), clients, forwarders, socket };
}

test('an apiserver that shuts down ends every stream, on both sides, and is not held up', async () => {
  const { log, clients, forwarders, socket } = await openEverything();
  expect(cluster.kubelet.active).toBe(4);
  const exits = [...clients, ...forwarders].map((child) => once(child, 'exit'));
  const closed = once(socket, 'close');
  const startMs = performance.now();
  await cluster.server.shutDown();
  expect(performance.now() - startMs).toBeLessThan(9_000);
  expect((await closed)[0]).toBe(1001);
  expect(await log).toContain('three');
  await Promise.all(exits);
  await expect.poll(() => cluster.kubelet.active).toBe(0);
});

test('a kubelet that dies ends its streams, which say so', async () => {
  const { log, clients, forwarders, socket } = await openEverything();
  const exits = clients.map((child) => once(child, 'exit'));
  const errors = clients.map(({ stderr }) => text(stderr));
  const messages: Buffer[] = [];
  socket.on('message', (message: Buffer) => messages.push(message));
  const closed = once(socket, 'close');
  const cut = log.catch((error: NodeJS.ErrnoException) => error.code);
  await cluster.kubelet.stop();
  expect((await closed)[0]).toBe(1000);
  const last = messages.at(-1);
  expect(last?.[0]).toBe(3);
  expect(JSON.parse(String(last?.subarray(1)))).toMatchObject({ status: 'Failure', reason: 'InternalError' });
  expect(await Promise.all(exits)).toEqual([
    [1, null],
    [1, null],
  ]);
  for (const error of await Promise.all(errors)) expect(error).toContain('error');
  expect(await cut).toBe('ECONNRESET');
  for (const child of forwarders) child.kill('SIGKILL');
});
