import { once } from 'node:events';
import { connect, createServer, type Socket, type Server as TcpServer } from 'node:net';
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { ApiError, configMaps, pods } from '@kubelab/api';
import {
  createManualClock,
  createTracer,
  loadProto,
  newTraceContext,
  type SessionRequestMessage,
  type SessionResponseMessage,
  type TlsMaterial,
} from '@kubelab/runtime';
import { createCertificateAuthority, issueCertificate } from '@kubelab/runtime/certificates';
import { pino } from 'pino';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WatchEvent } from './api-client.js';
import { createApiClient, type SessionApiClient } from './create-api-client.js';

type Body<M> = M extends { response: unknown } ? Omit<M, 'response'> : never;
type Stream = ServerDuplexStream<SessionRequestMessage, Body<SessionResponseMessage>>;
type OnRequest = (request: SessionRequestMessage, stream: Stream) => void;

const log = pino({ level: 'silent' });
const key = { namespace: 'default', name: 'a' };
const cleanups: (() => unknown)[] = [];
let serverCredentials: ServerCredentials;
let tls: TlsMaterial;

beforeAll(async () => {
  const authority = await createCertificateAuthority({ commonName: 'test-ca' });
  const server = await issueCertificate(authority, { commonName: 's', ipAddresses: ['127.0.0.1'], usages: ['server'] });
  const client = await issueCertificate(authority, { commonName: 'c', usages: ['client'] });
  const ca = Buffer.from(authority.certificatePem);
  tls = { ca, cert: Buffer.from(client.certificatePem), key: Buffer.from(client.privateKeyPem) };
  serverCredentials = ServerCredentials.createSsl(
    ca,
    [{ cert_chain: Buffer.from(server.certificatePem), private_key: Buffer.from(server.privateKeyPem) }],
    true,
  );
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that speaks the Session protocol and answers as the test says. */
async function startServer(onRequest: OnRequest, port = 0) {
  const requests: SessionRequestMessage[] = [];
  const streams: Stream[] = [];
  const server = new Server();
  server.addService(loadProto().Api.service, {
    Session: (stream: Stream) => {
      streams.push(stream);
      stream.on('error', () => {});
      stream.on('data', (request: SessionRequestMessage) => {
        requests.push(request);
        onRequest(request, stream);
      });
      stream.on('end', () => stream.end());
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, serverCredentials, (error, result) =>
      error ? reject(error) : resolve(result),
    );
  });
  cleanups.push(() => server.forceShutdown());
  return { server, requests, streams, port: bound, address: `127.0.0.1:${bound}` };
}

function clientOf(...addresses: string[]): SessionApiClient {
  const client = createApiClient({ addresses, tls, component: 'test', log });
  cleanups.push(() => client.close());
  return client;
}

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const pod = (name: string, resourceVersion = '1') => ({ kind: 'Pod', metadata: { name, resourceVersion } });
const answer: OnRequest = ({ id }, stream) => stream.write({ id, object: { object: bytes(pod('a')) } });

describe('calls', () => {
  it('carry what they are asked to, and resolve with the object', async () => {
    const { requests, address } = await startServer(answer);
    const client = clientOf(address);
    const trace = newTraceContext(true);
    expect(await client.get(pods, key, { trace })).toEqual(pod('a'));
    await client.create(configMaps, { metadata: { namespace: 'default', name: 'b' }, data: { x: 'é' } });
    await client.patch(pods, key, 'merge', { metadata: { labels: { a: 'b' } } }, { subresource: 'status' });
    await client.delete(pods, key, { gracePeriodSeconds: 0, preconditions: { uid: 'u' } });
    await client.createSubresource(pods, key, 'binding', { kind: 'Binding' });
    const [get, create, patch, remove, binding] = requests;
    const target = { group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'a', subresource: '' };
    expect(get).toMatchObject({
      request: 'get',
      get: { target, traceparent: `00-${trace.traceId}-${trace.spanId}-01` },
    });
    expect(create).toMatchObject({ request: 'create', create: { target: { name: '' }, fieldManager: 'test' } });
    expect(create?.request === 'create' && JSON.parse(create.create.object.toString())).toMatchObject({
      data: { x: 'é' },
    });
    expect(patch).toMatchObject({
      request: 'patch',
      patch: { target: { subresource: 'status' }, patchType: 'application/merge-patch+json' },
    });
    expect(remove?.request === 'delete' && JSON.parse(remove.delete.options.toString())).toEqual({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds: 0,
      preconditions: { uid: 'u' },
    });
    expect(binding).toMatchObject({ create: { target: { ...target, subresource: 'binding' } } });
  });

  it('are many on one stream, answered in any order', async () => {
    const held: SessionRequestMessage[] = [];
    const { streams, address } = await startServer((request, stream) => {
      held.push(request);
      if (held.length < 50) return;
      for (const { id, ...body } of held.reverse()) {
        const name = 'get' in body ? body.get.target.name : '';
        stream.write({ id, object: { object: bytes(pod(name)) } });
      }
    });
    const client = clientOf(address);
    const names = Array.from({ length: 50 }, (_, index) => `pod-${index}`);
    const answers = await Promise.all(names.map((name) => client.get(pods, { namespace: 'x', name })));
    expect(answers.map((object) => object.metadata.name)).toEqual(names);
    expect(streams).toHaveLength(1);
  });

  it('fail with the Status that the server sent', async () => {
    const failure = new ApiError('NotFound', 'pods "a" not found', { details: { name: 'a', kind: 'pods' } });
    const { address } = await startServer(({ id }, stream) =>
      stream.write({ id, failure: { status: bytes(failure.toStatus()) } }),
    );
    await expect(clientOf(address).get(pods, key)).rejects.toMatchObject({
      reason: 'NotFound',
      code: 404,
      message: 'pods "a" not found',
      details: { name: 'a' },
    });
  });

  it('time out, and cancel what the server was asked', async () => {
    const { requests, address } = await startServer(() => {});
    await expect(clientOf(address).get(pods, key, { timeoutMs: 300 })).rejects.toMatchObject({ reason: 'Timeout' });
    await expect.poll(() => requests.map(({ request }) => request)).toEqual(['get', 'cancel']);
    expect(requests[1]?.id).toBe(requests[0]?.id);
  });

  it('end with their signal, with its reason', async () => {
    const { requests, address } = await startServer(() => {});
    const stop = new AbortController();
    const call = clientOf(address).get(pods, key, { signal: stop.signal });
    await expect.poll(() => requests.length).toBe(1);
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await expect.poll(() => requests.at(-1)?.request).toBe('cancel');
    await expect(clientOf(address).get(pods, key, { signal: stop.signal })).rejects.toThrow('enough');
  });
});

it('trusts no server whose certificate is for another address', async () => {
  const { address, requests } = await startServer(answer);
  const elsewhere = address.replace('127.0.0.1', 'localhost');
  await expect(clientOf(elsewhere).get(pods, key)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  expect(requests).toEqual([]);
});

describe('a lost stream', () => {
  it('fails every call in flight, and the next call finds a new one', async () => {
    let silent = true;
    const { streams, requests, address } = await startServer((request, stream) => {
      if (!silent) answer(request, stream);
    });
    const client = clientOf(address);
    const calls = [client.get(pods, key), client.get(pods, key)];
    await expect.poll(() => requests.length).toBe(2);
    expect(client.connected).toBe(true);
    silent = false;
    streams[0]?.emit('error', { code: status.UNAVAILABLE, details: 'restarting' });
    for (const call of calls) await expect(call).rejects.toMatchObject({ reason: 'ServiceUnavailable', code: 503 });
    expect(await client.get(pods, key)).toEqual(pod('a'));
    expect(streams).toHaveLength(2);
  });

  it('is replaced by one to the next address', async () => {
    const first = await startServer(answer);
    const second = await startServer(answer);
    const client = clientOf(first.address, second.address);
    await client.get(pods, key);
    first.server.forceShutdown();
    await expect.poll(() => client.get(pods, key).catch(() => undefined)).toEqual(pod('a'));
    expect(second.requests.length).toBeGreaterThan(0);
  });

  it('comes back by itself once the server does', async () => {
    const first = await startServer(answer);
    const client = clientOf(first.address);
    await client.get(pods, key);
    first.server.forceShutdown();
    await expect.poll(() => client.connected).toBe(false);
    await expect(client.get(pods, key)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
    await startServer(answer, first.port);
    await expect.poll(() => client.connected, { timeout: 10_000 }).toBe(true);
    expect(await client.get(pods, key)).toEqual(pod('a'));
  });

  it('is noticed when the connection is cut without a word', async () => {
    const { port, requests } = await startServer(() => {});
    const cut = await startRelay(port);
    const client = clientOf(cut.address);
    const call = client.get(pods, key);
    await expect.poll(() => requests.length).toBe(1);
    cut.sever();
    await expect(call).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('says so when the server does not know the client', async () => {
    const { address } = await startServer((_, stream) =>
      stream.emit('error', { code: status.UNAUTHENTICATED, details: 'who are you?' }),
    );
    await expect(clientOf(address).get(pods, key)).rejects.toMatchObject({ reason: 'Unauthorized' });
  });

  it('does not hammer servers that refuse it', async () => {
    const refuse: OnRequest = (_, stream) => stream.emit('error', { code: status.UNAUTHENTICATED, details: 'no' });
    const first = await startServer(refuse);
    const second = await startServer(refuse);
    const clock = createManualClock();
    const addresses = [first.address, second.address];
    const client = createApiClient({ addresses, tls, component: 'test', log, clock });
    cleanups.push(() => client.close());
    await expect(client.get(pods, key)).rejects.toMatchObject({ reason: 'Unauthorized' });
    const waiting = client.get(pods, key);
    expect(clock.pending).toBe(2);
    expect([first.streams.length, second.streams.length]).toEqual([1, 0]);
    await Promise.all([clock.advance(100), expect(waiting).rejects.toMatchObject({ reason: 'Unauthorized' })]);
    expect(second.streams).toHaveLength(1);
  });

  it('ends for good when the client is closed', async () => {
    const { address, requests } = await startServer(() => {});
    const client = clientOf(address);
    const call = client.get(pods, key);
    await expect.poll(() => requests.length).toBe(1);
    await Promise.all([client.close(), expect(call).rejects.toMatchObject({ reason: 'ServiceUnavailable' })]);
    await expect(client.get(pods, key)).rejects.toThrow('closed');
  });
});

/** Passes bytes on until it is told to cut. */
async function startRelay(port: number) {
  const sockets: Socket[] = [];
  const relay: TcpServer = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1');
    sockets.push(socket, upstream);
    for (const side of [socket, upstream]) side.on('error', () => {});
    socket.pipe(upstream).pipe(socket);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const sever = () => {
    relay.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  cleanups.push(sever);
  const bound = relay.address();
  return { address: `127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`, sever };
}

describe('watch', () => {
  const event = (type: string, name: string, traceparent = '') => ({
    event: { type, object: bytes(pod(name)), traceparent },
  });

  it('delivers events in order with their traces, and ends when the server does', async () => {
    const trace = newTraceContext(true);
    const { requests, address } = await startServer(({ id }, stream) => {
      stream.write({ id, ...event('ADDED', 'a', `00-${trace.traceId}-${trace.spanId}-01`) });
      for (const type of ['MODIFIED', 'DELETED', 'BOOKMARK']) stream.write({ id, ...event(type, 'a') });
      stream.write({ id, done: {} });
    });
    const seen: WatchEvent<object>[] = [];
    for await (const item of clientOf(address).watch(pods, { resourceVersion: '7', allowBookmarks: true }))
      seen.push(item);
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);
    expect(seen.map((item) => item.trace)).toEqual([trace, undefined, undefined, undefined]);
    expect(requests[0]).toMatchObject({ request: 'watch', watch: { resourceVersion: '7', allowBookmarks: true } });
  });

  it('is cancelled when the reader leaves, or its signal aborts', async () => {
    const { requests, address } = await startServer((request, stream) => {
      if (request.request === 'watch') stream.write({ id: request.id, ...event('ADDED', 'a') });
    });
    const client = clientOf(address);
    for await (const _ of client.watch(pods, {})) break;
    const stop = new AbortController();
    for await (const _ of client.watch(pods, { signal: stop.signal })) stop.abort();
    await expect.poll(() => requests.map(({ request }) => request)).toEqual(['watch', 'cancel', 'watch', 'cancel']);
  });

  it.each([
    ['a failure', 'failure'],
    ['an ERROR event', 'error'],
  ])('throws what the server says in %s', async (_, how) => {
    const expired = bytes(new ApiError('Expired', 'too old resource version').toStatus());
    const { address } = await startServer(({ id }, stream) => {
      if (how === 'failure') stream.write({ id, failure: { status: expired } });
      else stream.write({ id, event: { type: 'ERROR', object: expired, traceparent: '' } });
    });
    const next = clientOf(address).watch(pods, {})[Symbol.asyncIterator]().next();
    await expect(next).rejects.toMatchObject({ reason: 'Expired', code: 410 });
  });

  it('delivers what came before the stream was lost, then throws', async () => {
    const { address } = await startServer(({ id }, stream) => {
      stream.write({ id, ...event('ADDED', 'a') }, () => {
        stream.emit('error', { code: status.UNAVAILABLE, details: 'restarting' });
      });
    });
    const events = clientOf(address).watch(pods, {})[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
    await expect(events.next()).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });
});

it('reports spans through the stream, also those that ended before there was one', async () => {
  const { requests, address } = await startServer(answer);
  const tracer = createTracer({ component: 'kubelet', instance: 'node1' });
  const parent = newTraceContext(true);
  const client = createApiClient({ addresses: [address], tls, component: 'kubelet', log, tracer });
  cleanups.push(() => client.close());
  tracer.startSpan('early', { parent }).end();
  tracer.flush();
  await client.get(pods, key);
  tracer.startSpan('late', { parent, attributes: { key: 'a' } }).end();
  tracer.flush();
  const reported = () => requests.flatMap((request) => (request.request === 'spans' ? request.spans.spans : []));
  await expect.poll(() => reported().map(({ name }) => name)).toEqual(['early', 'late']);
  expect(reported()[1]).toMatchObject({
    traceId: parent.traceId,
    parentSpanId: parent.spanId,
    component: 'kubelet/node1',
    attributes: { key: 'a' },
  });
  expect(Math.abs(Number(reported()[1]?.startUnixNano) / 1e6 - Date.now())).toBeLessThan(10_000);
});
