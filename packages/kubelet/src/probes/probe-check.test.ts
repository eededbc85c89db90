import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { loadProto } from '@kubelab/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContainerRuntime, type ExecOptions, RuntimeError } from '../container-runtime/runtime.js';
import type { ProbeTarget } from './probe-attempt.js';
import { checkProbe, type ReadonlyProbe } from './probe-check.js';

let server: Server;
let port: number;
const grpc = new GrpcServer();
let grpcPort: number;

beforeAll(async () => {
  server = createServer(({ url = '', headers }, response) => {
    if (url === '/headers') response.end(JSON.stringify(headers));
    else if (url === '/moved') response.writeHead(302, { location: '/broken' }).end();
    else if (url === '/elsewhere') response.writeHead(302, { location: 'http://192.0.2.1/' }).end();
    else if (url === '/broken') response.writeHead(500).end();
    else if (url !== '/silent') response.end('well');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  grpc.addService(loadProto().Health.service, {
    check: ({ request }: { request: { service: string } }, answer: (error: null, value: { status: string }) => void) =>
      answer(null, { status: request.service === 'ill' ? 'NOT_SERVING' : 'SERVING' }),
    watch: () => undefined,
  });
  grpcPort = await new Promise((resolve, reject) => {
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  grpc.forceShutdown();
});

/** Commands: an exit code, `hang`, or `gone`. */
const runtime = {
  async exec(_id: string, { command: [what = ''] }: ExecOptions) {
    if (what === 'gone') throw new RuntimeError('notRunning', 'the container has ended');
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* output() {
      yield { stream: 'stdout', data: Buffer.from('said so') };
      if (what === 'hang') await ended;
    }
    return { output: output(), exitCode: async () => Number(what), close: () => end() };
  },
} as unknown as ContainerRuntime;

function check(probe: ReadonlyProbe) {
  const ports = [{ name: 'web', containerPort: port }];
  const target: ProbeTarget = { runtime, containerId: 'c', container: { name: 'a', ports }, podIP: '127.0.0.1' };
  return checkProbe(probe, target, new AbortController().signal);
}

describe('a probe', () => {
  it.each([
    ['0', 'success', 'said so'],
    ['3', 'failure', 'said so'],
    ['hang', 'failure', 'timed out'],
    ['gone', 'error', 'the container has ended'],
  ])('exec %s', async (command, outcome, output) => {
    const attempt = await check({ exec: { command: [command] }, timeoutSeconds: command === 'hang' ? 0.1 : 10 });
    expect(attempt).toEqual({ outcome, output: expect.stringContaining(output) });
  });

  it.each([
    ['/', 'success', 'well'],
    ['/headers', 'success', 'kube-probe/1.34'],
    ['/elsewhere', 'success', ''],
    ['/moved', 'failure', 'HTTP probe failed with statuscode: 500'],
    ['/broken', 'failure', 'HTTP probe failed with statuscode: 500'],
    ['/silent', 'failure', 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'],
  ])('httpGet %s', async (path, outcome, output) => {
    const attempt = await check({ httpGet: { port: 'web', path }, timeoutSeconds: path === '/silent' ? 0.3 : 10 });
    expect(attempt).toEqual({ outcome, output: expect.stringContaining(output) });
  });

  it('httpGet to a port where nothing listens, and to one that is not there', async () => {
    expect(await check({ httpGet: { port: 1 }, timeoutSeconds: 10 })).toEqual({
      outcome: 'failure',
      output: 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
    });
    expect((await check({ httpGet: { port: 'nothing' } })).outcome).toBe('error');
  });

  it('tcpSocket', async () => {
    expect((await check({ tcpSocket: { port }, timeoutSeconds: 10 })).outcome).toBe('success');
    expect(await check({ tcpSocket: { port: 1 }, timeoutSeconds: 10 })).toEqual({
      outcome: 'failure',
      output: 'dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });

  it('grpc', async () => {
    expect((await check({ grpc: { port: grpcPort }, timeoutSeconds: 10 })).outcome).toBe('success');
    expect(await check({ grpc: { port: grpcPort, service: 'ill' }, timeoutSeconds: 10 })).toEqual({
      outcome: 'failure',
      output: 'service unhealthy (responded with "NOT_SERVING")',
    });
    expect((await check({ grpc: { port: 1 } })).outcome).toBe('failure');
  });

  it('that names nothing to ask', async () => {
    expect((await check({})).outcome).toBe('error');
  });
});
