import { once } from 'node:events';
import { type ClientDuplexStream, type ClientReadableStream, credentials, type ServiceError } from '@grpc/grpc-js';
import type { Pod } from '@kubelab/api';
import { loadProto } from '@kubelab/runtime';
import { issueCertificate, type KeyPair } from '@kubelab/runtime/certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type KubeletCluster, startKubeletCluster, type TestNode } from './kubelet-fixture.js';

interface Answers {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | undefined;
}

interface ExecAnswer {
  readonly stdout?: Buffer;
  readonly stderr?: Buffer;
  readonly exit?: { readonly code: number };
  readonly response: 'stdout' | 'stderr' | 'exit';
}

interface NodeClient {
  logs(request: object): ClientReadableStream<{ data: Buffer }>;
  exec(): ClientDuplexStream<object, ExecAnswer>;
  attach(): ClientDuplexStream<object, ExecAnswer>;
  portForward(): ClientDuplexStream<object, { data: Buffer }>;
  stats(request: object, callback: (error: ServiceError | null, answer: { summary: Buffer }) => void): void;
  close(): void;
}

const POD = 'talker';
const SCRIPT = `
echo one; echo two >&2; echo three
mkdir -p /www; echo it works > /www/index.html
httpd -p 127.0.0.1:8080 -h /www 2>/dev/null || nc -lk -s 127.0.0.1 -p 8080 -e echo it works &
read line; echo "read $line"; sleep 1000`;

let cluster: KubeletCluster;
let node: TestNode;
let client: NodeClient;

beforeAll(async () => {
  cluster = await startKubeletCluster();
  node = await cluster.addReadyNode('node1', '10.244.8.0/24');
  client = connect(cluster.kubeletClient);
  await cluster.create('serviceaccounts', { metadata: { name: 'default' } });
  const containers = [
    { name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', SCRIPT], stdin: true },
    {
      name: 'crashes',
      image: 'busybox',
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', 'echo last words; exit 1'],
    },
  ];
  const spec = { nodeName: 'node1', terminationGracePeriodSeconds: 1, containers };
  await cluster.create('pods', { metadata: { name: POD }, spec });
  await eventually('the pod runs and has crashed', async () => {
    const statuses = (await cluster.pod(POD))?.status?.containerStatuses ?? [];
    const running = statuses.find(({ name }) => name === 'main')?.state?.running;
    return running && (statuses.find(({ name }) => name === 'crashes')?.restartCount ?? 0) > 0;
  });
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

function connect(identity: KeyPair): NodeClient {
  const tls = credentials.createSsl(
    Buffer.from(cluster.api.authority.certificatePem),
    Buffer.from(identity.privateKeyPem),
    Buffer.from(identity.certificatePem),
  );
  const { Node } = loadProto();
  return new Node(`${node.ip}:${node.kubeletPort}`, tls) as unknown as NodeClient;
}

function target(container = 'main', pod = POD): object {
  return { namespace: 'default', pod, podUid: '', container };
}

async function logs(request: object): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const { data } of client.logs(request) as AsyncIterable<{ data: Buffer }>) chunks.push(data);
  return Buffer.concat(chunks).toString('utf8');
}

/** What a call ends with. */
async function failure(call: ClientReadableStream<unknown> | ClientDuplexStream<object, unknown>): Promise<string> {
  call.resume();
  const [error] = (await once(call, 'error')) as [ServiceError];
  return error.details;
}

async function answersOf(call: ClientDuplexStream<object, ExecAnswer>): Promise<Answers> {
  let [stdout, stderr] = ['', ''];
  let code: number | undefined;
  for await (const answer of call as AsyncIterable<ExecAnswer>) {
    if (answer.response === 'stdout') stdout += answer.stdout?.toString('utf8');
    if (answer.response === 'stderr') stderr += answer.stderr?.toString('utf8');
    if (answer.response === 'exit') code = answer.exit?.code;
  }
  return { stdout, stderr, code };
}

describe('logs', () => {
  it('are the container’s, of both streams or of one', async () => {
    expect(await logs({ target: target() })).toMatch(/^one\ntwo\nthree\n|^(one|two|three)\n/);
    expect(await logs({ target: target(), stream: 'Stderr' })).toBe('two\n');
    expect(await logs({ target: target(), stream: 'Stdout' })).toBe('one\nthree\n');
  });

  it('can be cut short', async () => {
    // The two streams are two pipes: which line came last is not certain.
    expect(await logs({ target: target(), tailLines: 1 })).toMatch(/^(two|three)\n$/);
    expect(await logs({ target: target(), stream: 'Stdout', limitBytes: 5 })).toBe('one\nt');
    expect(await logs({ target: target(), tailLines: 0 })).toBe('');
    expect(await logs({ target: target(), sinceTime: new Date(Date.now() + 60_000).toISOString() })).toBe('');
    expect(await logs({ target: target(), stream: 'Stderr', timestamps: true })).toMatch(
      /^\d{4}-\d\d-\d\dT\S+Z two\n$/,
    );
  });

  it('are those of the run before', async () => {
    expect(await logs({ target: target('crashes'), previous: true })).toBe('last words\n');
    expect(await failure(client.logs({ target: target(), previous: true }))).toBe(
      `previous terminated container "main" in pod "${POD}" not found`,
    );
  });

  it('are of pods and containers that exist', async () => {
    expect(await failure(client.logs({ target: target('other') }))).toBe(
      `container "other" in pod "${POD}" is not available`,
    );
    expect(await failure(client.logs({ target: target('main', 'nobody') }))).toBe('pods "nobody" not found');
  });

  it('follow what is written', async () => {
    const call = client.logs({ target: target(), follow: true, tailLines: 0 });
    const first = once(call, 'data') as Promise<[{ data: Buffer }]>;
    const attached = client.attach();
    attached.on('error', () => undefined);
    attached.write({ start: { target: target(), stdin: true, stdout: true, stderr: true } });
    attached.write({ stdin: Buffer.from('hello\n') });
    const [{ data }] = await first;
    expect(data.toString('utf8')).toBe('read hello\n');
    call.on('error', () => undefined);
    call.cancel();
    attached.cancel();
  });
});

describe('exec', () => {
  function start(command: string[], more: object = {}): ClientDuplexStream<object, ExecAnswer> {
    const call = client.exec();
    call.write({ start: { target: target(), command, stdout: true, stderr: true, ...more } });
    return call;
  }

  it('keeps the streams apart and tells the exit code', async () => {
    const call = start(['sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(await answersOf(call)).toEqual({ stdout: 'out\n', stderr: 'err\n', code: 7 });
  });

  it('ends stdin when the client does', async () => {
    const call = start(['sh', '-c', 'cat; echo end'], { stdin: true });
    call.write({ stdin: Buffer.from('some ') });
    call.write({ stdin: Buffer.from('words\n') });
    call.write({ closeStdin: {} });
    expect(await answersOf(call)).toEqual({ stdout: 'some words\nend\n', stderr: '', code: 0 });
    const halfClosed = start(['wc', '-c'], { stdin: true });
    halfClosed.write({ stdin: Buffer.alloc(300_000, 'x') });
    halfClosed.end();
    expect((await answersOf(halfClosed)).stdout.trim()).toBe('300000');
  });

  it('carries much output without loss', async () => {
    const { stdout, code } = await answersOf(start(['sh', '-c', 'yes 0123456789abcde | head -c 8000000']));
    expect([stdout.length, code]).toEqual([8_000_000, 0]);
  });

  it('has a terminal that can be resized', async () => {
    const call = start(['sh'], { stdin: true, tty: true });
    call.write({ resize: { width: 132, height: 43 } });
    call.write({ stdin: Buffer.from('sleep 0.2; stty size; test -t 0 && echo a terminal; exit 4\n') });
    const { stdout, code } = await answersOf(call);
    expect(stdout).toContain('43 132');
    expect(stdout).toContain('a terminal');
    expect(code).toBe(4);
  });

  it('says what cannot be run', async () => {
    const { code, stdout, stderr } = await answersOf(start(['nowhere-to-be-found']));
    expect(code).toBe(126);
    expect(stdout + stderr).toContain('executable file not found');
    const call = client.exec();
    call.write({ start: { target: target('crashes'), command: ['true'], stdout: true } });
    expect(await failure(call)).toBe('container not found ("crashes")');
  });
});

describe('port-forward', () => {
  async function forward(port: number): Promise<ClientDuplexStream<object, { data: Buffer }>> {
    const call = client.portForward();
    call.write({ start: { target: target(), port } });
    return call;
  }

  it('reaches what listens on the pod’s loopback interface', async () => {
    const call = await forward(8080);
    call.write({ data: Buffer.from('GET / HTTP/1.0\r\n\r\n') });
    call.end();
    let text = '';
    for await (const { data } of call as AsyncIterable<{ data: Buffer }>) text += data.toString('utf8');
    expect(text).toContain('it works');
  });

  it('ends when the pod hangs up first', async () => {
    const call = await forward(8080);
    call.write({ data: Buffer.from('GET / HTTP/1.0\r\n\r\n') });
    let text = '';
    for await (const { data } of call as AsyncIterable<{ data: Buffer }>) text += data.toString('utf8');
    expect(text).toContain('it works');
  });

  it('says when nothing listens', async () => {
    expect(await failure(await forward(9))).toMatch(/^failed to connect to localhost:9 .*: connect ECONNREFUSED/);
  });
});

describe('stats', () => {
  it('are of the node and its containers', async () => {
    const summary = await new Promise<Buffer>((resolve, reject) => {
      client.stats({}, (error, answer) => (error ? reject(error) : resolve(answer.summary)));
    });
    const { node: ofNode, pods } = JSON.parse(summary.toString('utf8'));
    expect(ofNode).toMatchObject({ nodeName: 'node1', memory: { workingSetBytes: expect.any(Number) } });
    const uid = ((await cluster.pod(POD)) as Pod).metadata?.uid;
    expect(pods).toMatchObject([{ podRef: { name: POD, namespace: 'default', uid } }]);
    const main = pods[0].containers.find(({ name }: { name: string }) => name === 'main');
    expect(main.cpu.usageCoreNanoSeconds).toBeGreaterThan(0);
    expect(main.memory.workingSetBytes).toBeGreaterThan(0);
  });
});

describe('who may ask', () => {
  it('is the apiserver, not another node', async () => {
    const identity = await issueCertificate(cluster.api.authority, {
      commonName: 'system:node:node2',
      organizations: ['system:nodes'],
      usages: ['client'],
    });
    const other = connect(identity);
    try {
      expect(await failure(other.logs({ target: target() }))).toBe('user "system:node:node2" may not use this kubelet');
      expect(await failure(other.exec())).toBe('user "system:node:node2" may not use this kubelet');
    } finally {
      other.close();
    }
  });
});
