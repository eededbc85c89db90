import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HTTPGetAction } from '@kubelab/api';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ContainerRuntime } from '../container-runtime/runtime.js';
import { runContainerHook } from './lifecycle-hooks.js';

const asked: { path: string | undefined; headers: IncomingHttpHeaders }[] = [];
const told: string[] = [];
let server: Server;
let port: number;
let status = 200;

beforeAll(async () => {
  server = createServer(({ url, headers }, response) => {
    asked.push({ path: url, headers });
    response.writeHead(status).end('done');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => server.close());

beforeEach(() => {
  asked.length = 0;
  told.length = 0;
  status = 200;
});

function hook(httpGet: HTTPGetAction, signal = AbortSignal.timeout(10_000), late = signal): Promise<void> {
  const record = (_pod: object, reason: string, message: string) => void told.push(`${reason}: ${message}`);
  const context = {
    runtime: {} as ContainerRuntime,
    events: { normal: record, warning: record },
    log: pino({ enabled: false }),
  };
  const container = { name: 'main', ports: [{ name: 'web', containerPort: port }] };
  const metadata = { name: 'p', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } };
  const about = { name: 'PreStop', pod, container, containerId: 'c', podIP: '127.0.0.1', trace: undefined } as const;
  return runContainerHook(context, about, { httpGet }, signal, late);
}

it('asks the named port of the pod, with its headers', async () => {
  await hook({ port: 'web', path: 'bye?now', httpHeaders: [{ name: 'X-Why', value: 'end' }] });
  expect(asked).toEqual([{ path: '/bye?now', headers: expect.objectContaining({ 'x-why': 'end', accept: '*/*' }) }]);
  expect(asked[0]?.headers['user-agent']).toBe('kube-lifecycle/1.34');
  expect(told).toEqual([]);
});

it('takes any answer', async () => {
  status = 500;
  await expect(hook({ port })).resolves.toBeUndefined();
  expect(told).toEqual([]);
});

it('speaks HTTP, and keeps its credentials, where HTTPS is wanted and HTTP is spoken', async () => {
  const httpHeaders = [
    { name: 'Authorization', value: 'Bearer x' },
    { name: 'X-Why', value: 'end' },
  ];
  await hook({ port, scheme: 'HTTPS', httpHeaders });
  expect(asked.map(({ headers }) => [headers['x-why'], headers.authorization])).toEqual([['end', undefined]]);
  expect(told).toEqual([
    `LifecycleHTTPFallback: request to HTTPS lifecycle hook 127.0.0.1:${port} got HTTP response, retry with HTTP succeeded`,
  ]);
});

it('tells that it failed, and not why', async () => {
  await expect(hook({ port: 1 })).rejects.toThrow('ECONNREFUSED');
  await expect(hook({ port: 'none' })).rejects.toThrow('none');
  expect(told).toEqual(['FailedPreStopHook: PreStopHook failed', 'FailedPreStopHook: PreStopHook failed']);
});

it('tells that its time was up, but not that the kubelet stops', async () => {
  await expect(hook({ port }, undefined, AbortSignal.abort(new Error('late')))).rejects.toThrow();
  expect(told).toHaveLength(1);
  await expect(hook({ port }, AbortSignal.abort(new Error('the kubelet stops')))).rejects.toThrow();
  expect(told).toHaveLength(1);
});
