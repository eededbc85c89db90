import { once } from 'node:events';
import { type Client, type ClientDuplexStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadProto, type SessionRequestBody, type SessionResponseMessage } from '@kubelab/runtime';
import { createCertificateAuthority, issueCertificate, type KeyPair } from '@kubelab/runtime/certificates';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

let etcd: EtcdProcess;
let server: RunningApiserver;
let client: ApiClient;

type Unary = (request: object, callback: (error: ServiceError | null, answer: never) => void) => void;
type ApiClient = Client &
  Record<'get' | 'list' | 'create' | 'update' | 'patch' | 'delete' | 'deleteCollection' | 'getTrace', Unary> & {
    watch(request: object): AsyncIterable<{ type: string; object: Buffer; traceparent: string }> & { cancel(): void };
    session(): ClientDuplexStream<{ id: number } & SessionRequestBody, SessionResponseMessage>;
  };

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const target = (name = '', resource = 'configmaps', subresource = '') => ({
  group: '',
  version: 'v1',
  resource,
  namespace: 'default',
  name,
  subresource,
});
const configMap = (name: string, data = {}) => Buffer.from(JSON.stringify({ metadata: { name }, data }));

function connect(identity: KeyPair): ApiClient {
  const { Api } = loadProto();
  const secure = credentials.createSsl(
    Buffer.from(server.authority.certificatePem),
    Buffer.from(identity.privateKeyPem),
    Buffer.from(identity.certificatePem),
  );
  return new Api(`127.0.0.1:${server.grpcPort}`, secure) as unknown as ApiClient;
}

/** The answer's object, or what a failure's trailer carries. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
function call(method: Exclude<keyof ApiClient, keyof Client | 'watch' | 'session'>, request: object): Promise<any> {
  return new Promise((resolve, reject) => {
    (client[method] as Unary).call(client, request, (error, answer: { object?: Buffer }) => {
      if (error) reject(error);
      else resolve(answer.object ? JSON.parse(answer.object.toString()) : answer);
    });
  });
}

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  client = connect(server.admin);
});

afterAll(async () => {
  client?.close();
  await server?.stop();
  await etcd?.stop();
});

describe('unary', () => {
  test('every verb', async () => {
    const made = await call('create', { target: target(), object: configMap('u', { a: '1' }) });
    expect(made).toMatchObject({ kind: 'ConfigMap', data: { a: '1' } });
    expect(await call('get', { target: target('u') })).toEqual(made);
    const updated = await call('update', { target: target('u'), object: configMap('u', { a: '2' }) });
    expect(updated.data).toEqual({ a: '2' });
    const patched = await call('patch', {
      target: target('u'),
      patch: Buffer.from('{"data":{"b":"3"}}'),
      patchType: 'application/merge-patch+json',
    });
    expect(patched.data).toEqual({ a: '2', b: '3' });
    const list = await call('list', { target: target() });
    expect(list).toMatchObject({ kind: 'ConfigMapList', items: [patched] });
    expect(await call('delete', { target: target('u') })).toMatchObject({ kind: 'Status', status: 'Success' });
    await call('create', { target: target(), object: configMap('v') });
    await call('deleteCollection', { target: target() });
    expect((await call('list', { target: target() })).items).toEqual([]);
  });

  test.each([
    ['what is missing', 'get', { target: target('none') }, 5, 'NotFound'],
    ['an unknown resource', 'get', { target: target('a', 'foos') }, 5, 'NotFound'],
    ['an unknown subresource', 'get', { target: target('a', 'configmaps', 'foo') }, 5, 'NotFound'],
    ['a verb that a subresource has not', 'get', { target: target('a', 'pods', 'binding') }, 12, 'MethodNotAllowed'],
    ['no target', 'get', {}, 5, 'NotFound'],
    [
      'an unknown field',
      'create',
      { target: target(), object: Buffer.from('{"metadata":{"name":"a"},"foo":1}') },
      3,
      'BadRequest',
    ],
    ['an invalid name', 'create', { target: target(), object: configMap('A') }, 3, 'Invalid'],
    [
      'another patch type',
      'patch',
      { target: target('a'), patch: Buffer.from('{}'), patchType: 'application/apply-patch+cbor' },
      3,
      'UnsupportedMediaType',
    ],
    [
      'an apply of another type',
      'patch',
      { target: target('a'), patch: Buffer.from('{}'), patchType: 'application/apply-patch+yaml' },
      3,
      'BadRequest',
    ],
    [
      'a manager with an unprintable name',
      'create',
      { target: target(), object: configMap('a'), fieldManager: 'a\tb' },
      3,
      'BadRequest',
    ],
  ] as const)('%s fails with the Status in a trailer', async (_what, method, request, code, reason) => {
    const failure: ServiceError = await call(method, request).then(
      () => expect.fail('it succeeded'),
      (error) => error,
    );
    const [status] = failure.metadata.get('kubelab-status-bin');
    expect({ code: failure.code, status: JSON.parse(String(status)) }).toMatchObject({
      code,
      status: { kind: 'Status', reason },
    });
  });
});

test('a watch carries the trace context of every write', async () => {
  const watching = client.watch({ target: target(), allowBookmarks: true, sendInitialEvents: true });
  const events = watching[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ type: 'BOOKMARK' });
  await call('create', { target: target(), object: configMap('traced'), traceparent: TRACEPARENT });
  const { value } = await events.next();
  expect(value).toMatchObject({
    type: 'ADDED',
    traceparent: expect.stringMatching(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`)),
  });
  // The write's own span, not the client's.
  expect(value.traceparent).not.toBe(TRACEPARENT);
  watching.cancel();
  await expect(events.next()).rejects.toThrow('Cancelled');
});

test('lists and watches leave managedFields out where they may', async () => {
  await call('create', { target: target(), object: configMap('managed', { a: '1' }) });
  const read = async (omitManagedFields: boolean) => {
    const asked = { target: target(), fieldSelector: 'metadata.name=managed', omitManagedFields };
    const { items } = await call('list', asked);
    const watching = client.watch({ ...asked, sendInitialEvents: true });
    const { value } = await watching[Symbol.asyncIterator]().next();
    watching.cancel();
    return [...items, JSON.parse(value.object.toString())];
  };
  const [whole] = await read(false);
  expect(whole.metadata.managedFields).toHaveLength(1);
  expect(await read(false)).toEqual([whole, whole]);
  const { managedFields: _managedFields, ...metadata } = whole.metadata;
  expect(await read(true)).toEqual([
    { ...whole, metadata },
    { ...whole, metadata },
  ]);
});

test('a trace is found by its id and by the object that was written last', async () => {
  await call('create', { target: target(), object: configMap('found'), traceparent: TRACEPARENT });
  const spanOf = async (request: object) => {
    const { spans } = await call('getTrace', request);
    return spans.find(
      ({ attributes }: { attributes: Record<string, string> }) => attributes.object === 'configmaps/default/found',
    );
  };
  await expect
    .poll(() => spanOf({ traceId: TRACE_ID }).catch(() => undefined))
    .toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: 'b7ad6b7169203331',
      component: 'apiserver',
      name: 'create configmaps',
      error: '',
    });
  expect(await spanOf({ target: target('found') })).toBeDefined();
  await expect(call('getTrace', { target: target('never') })).rejects.toMatchObject({ code: 5 });
});

describe('session', () => {
  function open() {
    const stream = client.session();
    const waiting = new Map<number, (message: SessionResponseMessage) => void>();
    const received: SessionResponseMessage[] = [];
    stream.on('data', (message: SessionResponseMessage) => {
      received.push(message);
      waiting.get(message.id)?.(message);
    });
    stream.on('error', () => {});
    const answer = (id: number): Promise<SessionResponseMessage> => new Promise((resolve) => waiting.set(id, resolve));
    const send = (id: number, body: object) => {
      const answered = answer(id);
      stream.write({ id, ...body } as never);
      return answered;
    };
    return { stream, send, answer, received };
  }

  test('many in flight, each answered once', async () => {
    const { stream, send, received } = open();
    const ids = Array.from({ length: 700 }, (_, i) => i + 1);
    const answers = await Promise.all(
      ids.map((id) => send(id, { create: { target: target(), object: configMap(`many-${id}`) } })),
    );
    expect(new Set(answers.map(({ response }) => response))).toEqual(new Set(['object']));
    expect(received.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
    stream.end();
    await once(stream, 'end');
  });

  test('a watch, cancelled; a failure; an id in use', async () => {
    const { stream, send, answer } = open();
    const created = send(1, { watch: { target: target(), resourceVersion: '' } });
    expect(await created).toMatchObject({ response: 'event', event: { type: 'ADDED' } });
    expect(await send(2, { get: { target: target('none') } })).toMatchObject({ response: 'failure' });
    const done = new Promise<void>((resolve) => {
      stream.on('data', ({ id, response }: SessionResponseMessage) => {
        if (id === 1 && response === 'done') resolve();
      });
    });
    stream.write({ id: 1, cancel: {} });
    await done;
    const spans = [
      {
        traceId: 'f'.repeat(32),
        spanId: 'e'.repeat(16),
        parentSpanId: '',
        component: 'kubelet/n1',
        name: 'sync',
        startUnixNano: '1700000000000000001',
        endUnixNano: '1700000000000000002',
        error: '',
        attributes: { object: 'pods/default/p' },
      },
    ];
    expect(await send(3, { spans: { spans } })).toMatchObject({ response: 'done' });
    const kept = await call('getTrace', { traceId: 'f'.repeat(32) });
    expect(kept.spans).toHaveLength(1);
    expect(kept.spans[0]).toMatchObject({ component: 'kubelet/n1', attributes: { object: 'pods/default/p' } });
    const first = answer(4);
    stream.write({ id: 4, watch: { target: target('', 'secrets'), resourceVersion: '' } } as never);
    stream.write({ id: 4, get: { target: target('none') } } as never);
    expect(await first).toMatchObject({ response: 'failure' });
    stream.cancel();
  });

  test('a half-close waits for what is in flight', async () => {
    const { stream, received } = open();
    for (let id = 1; id <= 50; id += 1) stream.write({ id, get: { target: target('found') } } as never);
    stream.end();
    await once(stream, 'end');
    expect(received).toHaveLength(50);
  });
});

test('health and reflection answer', async () => {
  const { Health } = loadProto();
  const health = new Health(
    `127.0.0.1:${server.grpcPort}`,
    credentials.createSsl(
      Buffer.from(server.authority.certificatePem),
      Buffer.from(server.admin.privateKeyPem),
      Buffer.from(server.admin.certificatePem),
    ),
  ) as unknown as { check: Unary } & Client;
  const answer = await new Promise((resolve, reject) => {
    health.check({ service: 'kubelab.v1.Api' }, (error, value) => (error ? reject(error) : resolve(value)));
  });
  expect(answer).toEqual({ status: 'SERVING' });
  const servicesFrom = (reflection: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const stream = health.makeBidiStreamRequest(
        `/${reflection}.ServerReflection/ServerReflectionInfo`,
        (request: Buffer) => request,
        (bytes: Buffer) => bytes,
        new Metadata(),
      );
      stream.once('data', (bytes: Buffer) => {
        resolve(bytes.toString('latin1'));
        stream.cancel();
      });
      stream.on('error', reject);
      // list_services, field 7, of the empty host.
      stream.write(Buffer.from([0x3a, 0x00]));
    });
  expect(await servicesFrom('grpc.reflection.v1')).toContain('kubelab.v1.Api');
  expect(await servicesFrom('grpc.reflection.v1alpha')).toContain('kubelab.v1.Node');
  health.close();
});

test('a certificate of another authority does not get past the handshake', async () => {
  const stranger = connect(
    await issueCertificate(await createCertificateAuthority({ commonName: 'other' }), {
      commonName: 'x',
      usages: ['client'],
    }),
  );
  const failure = await new Promise<ServiceError | null>((resolve) =>
    stranger.get({ target: target('found') }, (error) => resolve(error)),
  );
  expect(failure?.code).toBe(14);
  stranger.close();
});
