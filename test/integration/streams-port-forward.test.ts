import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { PortForward } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { KUBECTL_SPDY, KUBECTL_WEBSOCKET, type StreamsCluster, startStreamsCluster } from './streams-cluster.js';

let cluster: StreamsCluster;
let pod: string;
/** What runs in the pod: answers with what it is sent, to its end. */
let echo: Server;
let port: number;
const children: ChildProcessWithoutNullStreams[] = [];

const MANY_BYTES = 10 * 1024 * 1024;

beforeAll(async () => {
  cluster = await startStreamsCluster();
  pod = await cluster.addPod('a', ['main']);
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  port = await listen(echo);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await expect.poll(() => cluster.kubelet.active, { timeout: 15_000 }).toBe(0);
});

afterAll(async () => {
  echo?.close();
  await cluster?.stop();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Resolves with the local port, once kubectl listens. */
async function forward(binary: string, podPort: number): Promise<{ local: number; errors: () => string }> {
  const child = cluster.spawnKubectl(binary, ['port-forward', '--address=127.0.0.1', 'pod/a', `:${podPort}`]);
  children.push(child);
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const localPort = () => Number(/127\.0\.0\.1:(\d+) ->/.exec(output)?.[1] ?? 0);
  await expect.poll(localPort, { timeout: 15_000 }).toBeGreaterThan(0);
  return { local: localPort(), errors: () => errors };
}

function dial(local: number): Socket {
  return connect({ host: '127.0.0.1', port: local, allowHalfOpen: true });
}

describe.each([
  ['SPDY', KUBECTL_SPDY],
  ['SPDY inside of a WebSocket', KUBECTL_WEBSOCKET],
])('kubectl over %s', (_, binary) => {
  test('carries connections, 20 at once, each to its end', async () => {
    const { local, errors } = await forward(binary, port);
    const answers = Array.from({ length: 20 }, async (__, index) => {
      const socket = dial(local);
      socket.end(`hello ${index}`);
      return text(socket);
    });
    expect(await Promise.all(answers)).toEqual(answers.map((__, index) => `hello ${index}`));
    expect(errors()).toBe('');
  });

  test('10 MB each way', async () => {
    const { local } = await forward(binary, port);
    const data = Buffer.alloc(MANY_BYTES, 'kubelab');
    const socket = dial(local);
    socket.end(data);
    expect((await buffer(socket)).equals(data)).toBe(true);
  });

  test('a pod that hangs up first', async () => {
    const greeter = createServer((socket) => socket.end('good bye'));
    const { local } = await forward(binary, await listen(greeter));
    expect(await text(dial(local))).toBe('good bye');
    expect(await text(dial(local))).toBe('good bye');
    greeter.close();
  });

  test('a port on which nobody listens', async () => {
    const { local, errors } = await forward(binary, 1);
    const socket = dial(local);
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'end');
    socket.destroy();
    await expect
      .poll(errors)
      .toMatch(
        /an error occurred forwarding \d+ -> 1: error forwarding port 1 to pod a, uid [0-9a-f-]{36}: failed to connect to localhost:1/,
      );
  });

  test('a client that is killed takes its connections with it', async () => {
    const { local } = await forward(binary, port);
    const socket = dial(local);
    socket.on('error', () => undefined);
    socket.write('hello');
    await once(socket, 'data');
    expect(cluster.kubelet.active).toBe(1);
    children.at(-1)?.kill('SIGKILL');
    await expect.poll(() => cluster.kubelet.active, { timeout: 15_000 }).toBe(0);
  });
});

test('@kubernetes/client-node, over channels', async () => {
  const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const socket = await new PortForward(cluster.kubeConfig).portForward('default', 'a', [port], output, errors, input);
  input.write('hello');
  expect(String((await once(output, 'data'))[0])).toBe('hello');
  (socket as unknown as WebSocket).close();
});

test('two ports over channels: each begins with its number, and what goes wrong is told beside the data', async () => {
  const { certificatePem: cert, privateKeyPem: key } = cluster.server.admin;
  const url = `wss://127.0.0.1:${cluster.server.securePort}${pod}/portforward?ports=${port},1`;
  const socket = new WebSocket(url, ['v4.channel.k8s.io'], { ca: cluster.server.authority.certificatePem, cert, key });
  const channels = new Map<number, Buffer>();
  socket.on('message', (message: Buffer) => {
    const channel = message[0] ?? 0;
    channels.set(channel, Buffer.concat([channels.get(channel) ?? Buffer.alloc(0), message.subarray(1)]));
  });
  await once(socket, 'open');
  const portOf = (channel: number) => channels.get(channel)?.readUInt16LE();
  await expect.poll(() => [0, 1, 2, 3].map(portOf)).toEqual([port, port, 1, 1]);
  await expect.poll(() => channels.get(3)?.toString('utf8', 2)).toContain('error forwarding port 1 to pod a');
  socket.send(Buffer.concat([Buffer.from([0]), Buffer.from('hello')]));
  await expect.poll(() => channels.get(0)?.toString('utf8', 2)).toBe('hello');
  socket.close();
});

test.each([
  ['', 'query parameter "ports" is required'],
  ['ports=x', 'unable to parse "x" as a port'],
  ['ports=80,65536', 'unable to parse "65536" as a port'],
])('portforward?%s over channels is refused', async (query, message) => {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-protocol': 'v4.channel.k8s.io',
  };
  const answer = await cluster.server.fetch(`${pod}/portforward?${query}`, { headers });
  expect(answer.json).toMatchObject({ code: 400, reason: 'BadRequest', message });
});
