import { once } from 'node:events';
import { request } from 'node:https';
import { type Duplex, PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { Attach, Exec, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { KUBECTL_SPDY, KUBECTL_WEBSOCKET, type StreamsCluster, startStreamsCluster } from './streams-cluster.js';

let cluster: StreamsCluster;
let pod: string;
let pair: string;

const MANY_BYTES = 10 * 1024 * 1024;

beforeAll(async () => {
  cluster = await startStreamsCluster();
  pod = await cluster.addPod('a', ['main']);
  pair = await cluster.addPod('pair', ['main', 'waiting']);
  await cluster.addPod('pending', ['main'], '');
});

afterAll(() => cluster?.stop());

const idle = () => expect.poll(() => cluster.kubelet.active, { timeout: 15_000 }).toBe(0);

describe.each([
  ['SPDY', KUBECTL_SPDY],
  ['WebSocket', KUBECTL_WEBSOCKET],
])('kubectl over %s', (_, binary) => {
  const exec = (args: readonly string[], stdin?: Buffer | string) => cluster.kubectl(binary, ['exec', ...args], stdin);

  test('output, and exit code 0', async () => {
    const { stdout, stderr, code } = await exec(['a', '--', 'sh', '-c', 'echo out; echo err >&2']);
    expect([stdout.toString(), stderr, code]).toEqual(['out\n', 'err\n', 0]);
    await idle();
  });

  test('the exit code of a command that fails', async () => {
    const { stderr, code } = await exec(['a', '--', 'sh', '-c', 'exit 42']);
    expect([stderr, code]).toEqual(['command terminated with exit code 42\n', 42]);
  });

  test('input that ends', async () => {
    const { stdout, code } = await exec(['-i', 'a', '--', 'cat'], 'hi\n');
    expect([stdout.toString(), code]).toEqual(['hi\n', 0]);
    const counted = await exec(['-i', 'a', '--', 'sh', '-c', 'cat >/dev/null; echo end of input'], 'hi\n');
    expect(counted.stdout.toString()).toBe('end of input\n');
  });

  test('10 MB each way at once', async () => {
    const data = Buffer.alloc(MANY_BYTES, 'kubelab');
    const { stdout, stderr, code } = await exec(['-i', 'a', '--', 'cat'], data);
    expect([stderr, code, stdout.length]).toEqual(['', 0, data.length]);
    expect(stdout.equals(data)).toBe(true);
    await idle();
  });

  test('input that nobody reads ends with the command', async () => {
    const { stdout, code } = await exec(['-i', 'a', '--', 'echo', 'done'], Buffer.alloc(MANY_BYTES));
    expect([stdout.toString(), code]).toEqual(['done\n', 0]);
    await idle();
  });

  test('a program that is not there', async () => {
    const { stderr, code } = await exec(['a', '--', '/no/such/program']);
    expect(stderr).toContain('error executing command in container: no such program: /no/such/program');
    expect(code).toBe(1);
  });

  test('a container that does not run, or is not there', async () => {
    const waiting = await exec(['pair', '-c', 'waiting', '--', 'true']);
    expect(waiting.stderr).toContain('container not found ("waiting")');
    const unknown = await exec(['pair', '-c', 'c', '--', 'true']);
    expect(unknown.stderr).toContain('container c is not valid for pod pair');
    const pending = await exec(['pending', '--', 'true']);
    expect(pending.stderr).toContain('pod pending does not have a host assigned');
    await idle();
  });

  test('a client that is killed takes its command with it', async () => {
    const client = cluster.spawnKubectl(binary, ['exec', '-i', 'a', '--', 'sh', '-c', 'echo started; exec sleep 1000']);
    await once(client.stdout, 'data');
    expect(cluster.kubelet.active).toBe(1);
    client.kill('SIGKILL');
    await idle();
  });

  test('a client that is killed while its input is held back', async () => {
    const client = cluster.spawnKubectl(binary, ['exec', '-i', 'a', '--', 'sh', '-c', 'echo started; exec sleep 1000']);
    client.stdin.on('error', () => undefined);
    await once(client.stdout, 'data');
    for (let written = 0; written < MANY_BYTES && !client.stdin.writableNeedDrain; written += 65_536) {
      client.stdin.write(Buffer.alloc(65_536));
    }
    client.kill('SIGKILL');
    await idle();
  });

  test('attach talks to the process that is there', async () => {
    const { stdout, code } = await cluster.kubectl(binary, ['attach', '-i', 'a'], 'hello\n');
    expect([stdout.toString(), code]).toEqual(['hello\n', 0]);
  });
});

test('50 at once, of both kinds', async () => {
  const runs = Array.from({ length: 50 }, async (_, index) => {
    const channels = index % 2 === 0 ? openWebSocket(`${pod}/exec?${CAT}`, 'v5.channel.k8s.io') : undefined;
    if (!channels) {
      const binary = index % 10 === 1 ? KUBECTL_SPDY : undefined;
      if (binary)
        return (await cluster.kubectl(binary, ['exec', '-i', 'a', '--', 'cat'], `${index}`)).stdout.toString();
      const output = new PassThrough();
      await new Exec(cluster.kubeConfig).exec(
        'default',
        'a',
        'main',
        ['cat'],
        output,
        null,
        Readable.from([`${index}`]),
        false,
      );
      return text(output);
    }
    await once(channels.socket, 'open');
    channels.send(0, `${index}`);
    channels.socket.send(Buffer.from([255, 0]));
    await once(channels.socket, 'close');
    return channels.read(1).toString();
  });
  expect(await Promise.all(runs)).toEqual(runs.map((_, index) => `${index}`));
  await idle();
});

const CAT = 'container=main&command=cat&stdin=true&stdout=true&stderr=true';

/** A client of the channels, by hand. */
function openWebSocket(path: string, protocol: string) {
  const { certificatePem: cert, privateKeyPem: key } = cluster.server.admin;
  const url = `wss://127.0.0.1:${cluster.server.securePort}${path}`;
  const socket = new WebSocket(url, protocol === '' ? [] : [protocol], {
    ca: cluster.server.authority.certificatePem,
    cert,
    key,
  });
  const isBase64 = protocol.includes('base64');
  const received: { channel: number; data: Buffer }[] = [];
  socket.on('message', (message: Buffer) => {
    const [first = 0] = message;
    received.push(
      isBase64
        ? { channel: first - 48, data: Buffer.from(message.toString('latin1', 1), 'base64') }
        : { channel: first, data: message.subarray(1) },
    );
  });
  return {
    socket,
    received,
    send(channel: number, data: string) {
      const bytes = Buffer.from(data);
      socket.send(isBase64 ? `${channel}${bytes.toString('base64')}` : Buffer.concat([Buffer.from([channel]), bytes]));
    },
    read: (channel: number) =>
      Buffer.concat(received.filter((each) => each.channel === channel).map(({ data }) => data)),
  };
}

const SUCCESS = { metadata: {}, status: 'Success' };
const EXIT_3 = {
  metadata: {},
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: 'command terminated with non-zero exit code: command terminated with exit code 3',
  details: { causes: [{ reason: 'ExitCode', message: '3' }] },
};

test.each(['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'])(
  '%s: the last message of channel 3 is a Status',
  async (protocol) => {
    const channels = openWebSocket(
      `${pod}/exec?stdout=1&stderr=1&command=sh&command=-c&command=echo+o;exit+3`,
      protocol,
    );
    const [code] = await once(channels.socket, 'close');
    expect(code).toBe(1000);
    expect(channels.received[0]).toEqual({ channel: 1, data: Buffer.alloc(0) });
    expect(channels.read(1).toString()).toBe('o\n');
    expect(JSON.parse(channels.read(3).toString())).toEqual(EXIT_3);
    expect(channels.received.at(-1)?.channel).toBe(3);
  },
);

test.each(['channel.k8s.io', 'base64.channel.k8s.io', ''])('%s: an error is plain text', async (protocol) => {
  const failed = openWebSocket(`${pod}/exec?stdout=1&command=sh&command=-c&command=exit+3`, protocol);
  await once(failed.socket, 'close');
  expect(failed.read(3).toString()).toBe(EXIT_3.message);
  const succeeded = openWebSocket(`${pod}/exec?stdout=1&command=true`, protocol);
  await once(succeeded.socket, 'close');
  expect(succeeded.read(3).toString()).toBe('');
});

test('v5: stdin is closed by channel 255, and output still comes', async () => {
  const channels = openWebSocket(`${pod}/exec?${CAT}`, 'v5.channel.k8s.io');
  await once(channels.socket, 'open');
  expect(channels.socket.protocol).toBe('v5.channel.k8s.io');
  channels.send(0, 'hello');
  channels.socket.send(Buffer.from([255, 0]));
  await once(channels.socket, 'close');
  expect(channels.read(1).toString()).toBe('hello');
  expect(JSON.parse(channels.read(3).toString())).toEqual(SUCCESS);
});

test('sizes of a terminal, and no stderr with one', async () => {
  const channels = openWebSocket(`${pod}/exec?stdin=1&stdout=1&stderr=1&tty=1&command=sizes`, 'v5.channel.k8s.io');
  await once(channels.socket, 'open');
  channels.send(4, '{"Width":80,"Height":24}');
  channels.send(4, '{"Width":"x"}nonsense');
  channels.send(4, '{"Width":100,');
  channels.send(4, '"Height":50}');
  await expect.poll(() => channels.read(1).toString()).toBe('80x24\n100x50\n');
  channels.socket.send(Buffer.from([255, 0]));
  await once(channels.socket, 'close');
  expect(cluster.kubelet.execStarts.at(-1)).toMatchObject({ tty: true, stderr: false, stdin: true });
});

test('@kubernetes/client-node: exec with its status, and attach', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const status = new Promise<V1Status>((resolve) => {
    const command = ['sh', '-c', 'cat; echo err >&2; exit 3'];
    const input = Readable.from([Buffer.alloc(MANY_BYTES, 'x')]);
    new Exec(cluster.kubeConfig)
      .exec('default', 'a', 'main', command, stdout, stderr, input, false, resolve)
      .catch((error: unknown) => resolve({ message: String(error) }));
  });
  const [output, errors] = await Promise.all([buffer(stdout), text(stderr)]);
  expect([output.length, errors]).toEqual([MANY_BYTES, 'err\n']);
  expect(await status).toEqual(EXIT_3);
  const attached = new PassThrough();
  await new Attach(cluster.kubeConfig).attach('default', 'a', 'main', attached, null, Readable.from(['hey']), false);
  expect(await text(attached)).toBe('hey');
});

interface Refusal {
  readonly query: string;
  readonly code: number;
  readonly message: string;
  readonly headers?: Record<string, string>;
}

const WEB_SOCKET = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};
const SPDY = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };

test.each<Refusal>([
  { query: 'command=true&stdout=1&container=main', code: 400, message: 'Upgrade request required' },
  {
    query: 'command=true&stdout=1',
    code: 400,
    message: 'a container name must be specified for pod pair, choose one of: [main waiting]',
    headers: WEB_SOCKET,
  },
  {
    query: 'stdout=1&container=main',
    code: 400,
    message: 'you must specify at least 1 command for the container',
    headers: SPDY,
  },
  {
    query: 'command=true&container=main',
    code: 400,
    message: 'you must specify at least 1 of stdin, stdout, stderr',
    headers: WEB_SOCKET,
  },
  {
    query: 'command=true&stdout=1&container=waiting',
    code: 500,
    message: 'container not found ("waiting")',
    headers: WEB_SOCKET,
  },
  {
    query: 'command=true&stdout=1&container=main',
    code: 400,
    message: expect.stringContaining(
      'unable to negotiate protocol: client supports [v9.channel.k8s.io], server accepts',
    ),
    headers: { ...WEB_SOCKET, 'sec-websocket-protocol': 'v9.channel.k8s.io' },
  },
  {
    query: 'command=true&stdout=1&container=main',
    code: 403,
    message: expect.stringContaining(
      'unable to negotiate protocol: client supports [v9.channel.k8s.io], server accepts',
    ),
    headers: { ...SPDY, 'x-stream-protocol-version': 'v9.channel.k8s.io' },
  },
  {
    query: 'command=true&stdout=1&container=main',
    code: 400,
    message: 'the WebSocket handshake must be a GET with a key and version 13',
    headers: { ...WEB_SOCKET, 'sec-websocket-key': 'short' },
  },
  {
    query: 'command=true&stdout=1&container=main',
    code: 400,
    message: 'Upgrade request required',
    headers: { connection: 'Upgrade', upgrade: 'h2c' },
  },
])('exec?$query is refused with $message', async ({ query, code, message, headers }) => {
  const started = cluster.kubelet.execStarts.length;
  const answer = await cluster.server.fetch(`${pair}/exec?${query}`, { headers });
  expect(answer.json).toMatchObject({ kind: 'Status', code, message });
  expect(answer.status).toBe(code);
  const asked = query.includes('waiting') ? 1 : 0;
  expect(cluster.kubelet.execStarts.length - started).toBe(asked);
});

test('POST is served as GET is', async () => {
  const options = cluster.server.requestOptions(`${pod}/exec?command=true&stdout=1`, { method: 'POST', headers: SPDY });
  const [response, socket] = (await once(request(options).end(), 'upgrade')) as [
    { headers: Record<string, string> },
    { destroy(): void },
  ];
  expect(response.headers).toMatchObject({ upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' });
  socket.destroy();
  await idle();
});

test('a client that speaks no SPDY is hung up on, and its command ended', async () => {
  const options = cluster.server.requestOptions(`${pod}/exec?command=sleep&command=1000&stdout=1`, { headers: SPDY });
  const [, socket] = (await once(request(options).end(), 'upgrade')) as [unknown, Duplex];
  expect(cluster.kubelet.active).toBe(1);
  socket.on('error', () => undefined);
  socket.resume();
  const closed = once(socket, 'close');
  socket.write(Buffer.alloc(8, 0xff));
  await closed;
  await idle();
});
