import { configMaps, events, leases, nodes, pods } from '@kubelab/api';
import {
  createApiClient,
  createEventRecorder,
  createInformer,
  createOrGet,
  createReconciler,
  mutableCopy,
  retryOnConflict,
  runWithLeaderElection,
  type SessionApiClient,
} from '@kubelab/client';
import { createTracer, newTraceContext } from '@kubelab/runtime';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

const log = pino({ level: 'silent' });
const namespace = 'default';
/** Where nobody listens: what an apiserver advertises may not be a loopback address. */
const advertised = '--advertise-address=192.0.2.1';
let etcd: EtcdProcess;
let server: RunningApiserver;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint, flags: [advertised] });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

function clientOf(...servers: { grpcPort: number }[]): SessionApiClient {
  const client = createApiClient({
    addresses: servers.map(({ grpcPort }) => `127.0.0.1:${grpcPort}`),
    tls: {
      ca: Buffer.from(server.authority.certificatePem),
      cert: Buffer.from(server.admin.certificatePem),
      key: Buffer.from(server.admin.privateKeyPem),
    },
    component: 'client-test',
    log,
  });
  cleanups.push(() => client.close());
  return client;
}

function stopAtEnd(): AbortController {
  const stop = new AbortController();
  cleanups.push(() => stop.abort());
  return stop;
}

const named = (name: string, data: Record<string, string> = {}) => ({ metadata: { namespace, name }, data });

describe('the client', () => {
  test('creates, reads, changes and deletes', async () => {
    const client = clientOf(server);
    const created = await client.create(configMaps, named('a', { x: '1' }));
    expect(created).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'a', uid: expect.any(String) } });
    expect(await client.get(configMaps, { namespace, name: 'a' })).toEqual(created);
    const updated = await client.update(configMaps, { ...created, data: { x: '2' } });
    expect(updated.data).toEqual({ x: '2' });
    await expect(client.update(configMaps, created)).rejects.toMatchObject({ reason: 'Conflict', code: 409 });
    const patched = await client.patch(configMaps, { namespace, name: 'a' }, 'merge', { data: { y: '3' } });
    expect(patched.data).toEqual({ x: '2', y: '3' });
    const listed = await client.list(configMaps, { namespace, fieldSelector: 'metadata.name=a' });
    expect(listed.items).toEqual([patched]);
    expect(await createOrGet(client, configMaps, named('a'))).toEqual({ object: patched, created: false });
    await client.delete(configMaps, { namespace, name: 'a' }, { preconditions: { uid: created.metadata.uid } });
    await expect(client.get(configMaps, { namespace, name: 'a' })).rejects.toMatchObject({
      reason: 'NotFound',
      message: 'configmaps "a" not found',
    });
  });

  test('writes status and bindings through their subresources', async () => {
    const client = clientOf(server);
    const node = await client.create(nodes, { metadata: { name: 'n1' } });
    const conditions = [{ type: 'Ready', status: 'True' }];
    const reported = await client.updateStatus(nodes, { ...node, status: { conditions } });
    expect(reported.status?.conditions).toMatchObject(conditions);
    await client.create(pods, {
      metadata: { namespace, name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    await client.createSubresource(pods, { namespace, name: 'p' }, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'p', namespace },
      target: { kind: 'Node', name: 'n1' },
    } as object);
    expect((await client.get(pods, { namespace, name: 'p' })).spec?.nodeName).toBe('n1');
  });

  test('loses no increment to a race', async () => {
    const client = clientOf(server);
    await client.create(configMaps, named('counter', { count: '0' }));
    const increment = () =>
      retryOnConflict(
        async () => {
          const counter = await client.get(configMaps, { namespace, name: 'counter' });
          const count = String(Number(counter.data?.count) + 1);
          await client.update(configMaps, { ...counter, data: { count } });
        },
        { attempts: 100 },
      );
    await Promise.all(Array.from({ length: 8 }, increment));
    expect((await client.get(configMaps, { namespace, name: 'counter' })).data).toEqual({ count: '8' });
  });

  test('counts an event that repeats', async () => {
    const recorder = createEventRecorder({ client: clientOf(server), component: 'kubelet', host: 'n1', log });
    const about = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name: 'e', uid: 'u' } };
    for (let time = 0; time < 3; time++) recorder.event(about, 'Warning', 'BackOff', 'Back-off restarting');
    await recorder.flush();
    const { items } = await clientOf(server).list(events, { namespace, fieldSelector: 'involvedObject.name=e' });
    expect(items).toMatchObject([{ reason: 'BackOff', count: 3, source: { component: 'kubelet', host: 'n1' } }]);
  });
});

test('a write’s trace reaches the reconcile that it causes, and that reconcile’s writes', async () => {
  const client = clientOf(server);
  const stop = stopAtEnd();
  const informer = createInformer(client, configMaps, { namespace }, log);
  const { queue, run } = createReconciler({
    name: 'Copy',
    informersSynced: [informer],
    log,
    tracer: createTracer({ component: 'test', sink: client.spanSink }),
    reconcile: async (key, { trace }): Promise<undefined> => {
      const source = informer.get(key);
      if (!source || source.data?.copied) return;
      const copy = mutableCopy(source);
      await client.update(configMaps, { ...copy, data: { copied: 'yes' } }, { trace });
    },
  });
  informer.onChange(({ key, trace }) => {
    if (key === 'default/traced') queue.add(key, trace);
  });
  const running = Promise.all([informer.run(stop.signal), run(stop.signal)]);
  await informer.synced();
  const trace = newTraceContext(true);
  await client.create(configMaps, named('traced'), { trace });
  await expect.poll(() => informer.get('default/traced')?.data?.copied).toBe('yes');
  expect(informer.traceOf('default/traced')?.traceId).toBe(trace.traceId);
  stop.abort();
  await running;
});

describe('informers', () => {
  test('see no state twice, all in order and the last, while the apiserver restarts and etcd is killed', async () => {
    const writer = clientOf(server);
    const own = await startApiserver({
      etcd: etcd.endpoint,
      authority: server.authority,
      name: 'own',
      flags: [advertised],
    });
    let watched: RunningApiserver | undefined = own;
    cleanups.push(() => watched?.stop());
    const { grpcPort } = own;
    const informer = createInformer(clientOf(own), configMaps, { labelSelector: 'suite=informers' }, log);
    const seen = new Map<string, { steps: number[]; present: boolean }>();
    informer.onChange(({ type, key, object }) => {
      const history = seen.get(key) ?? { steps: [], present: false };
      expect(history.present, `${type} ${key}`).toBe(type !== 'added');
      history.present = type !== 'deleted';
      if (type !== 'deleted') history.steps.push(Number(object.data?.step));
      seen.set(key, history);
    });
    const stop = stopAtEnd();
    const running = informer.run(stop.signal);
    await informer.synced();

    let step = 0;
    let writing = true;
    const write = async () => {
      while (writing) {
        const name = `informed-${step % 5}`;
        const labels = { suite: 'informers' };
        await writer
          .create(configMaps, { metadata: { namespace, name, labels }, data: { step: String(++step) } })
          .catch(() => writer.patch(configMaps, { namespace, name }, 'merge', { data: { step: String(++step) } }))
          .catch(() => undefined);
        if (step % 7 === 0) await writer.delete(configMaps, { namespace, name }).catch(() => undefined);
      }
    };
    const writes = write();
    const progress = async (steps: number) => {
      const from = step;
      await expect.poll(() => step, { timeout: 60_000 }).toBeGreaterThan(from + steps);
    };
    await progress(50);
    await own.stop();
    watched = undefined;
    await progress(50);
    watched = await startApiserver({
      etcd: etcd.endpoint,
      authority: server.authority,
      name: 'own',
      flags: [advertised, `--grpc-port=${grpcPort}`],
    });
    await progress(50);
    await etcd.kill();
    await etcd.restart();
    await progress(50);
    writing = false;
    await writes;

    const { items } = await writer.list(configMaps, { namespace, labelSelector: 'suite=informers' });
    const versions = (objects: Iterable<{ metadata: { name?: string; resourceVersion?: string } }>) =>
      [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
    await expect.poll(() => versions(informer.list()), { timeout: 20_000 }).toEqual(versions(items));
    for (const [key, { steps }] of seen) expect(steps, key).toEqual([...new Set(steps)].sort((a, b) => a - b));
    stop.abort();
    await running;
  });

  test('let an apiserver stop at once', async () => {
    const own = await startApiserver({
      etcd: etcd.endpoint,
      authority: server.authority,
      name: 'brief',
      flags: [advertised],
    });
    const stop = stopAtEnd();
    const informer = createInformer(clientOf(own), configMaps, {}, log);
    const running = informer.run(stop.signal);
    await informer.synced();
    const startedMs = performance.now();
    await own.stop();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    stop.abort();
    await running;
  });
});

test('leadership passes on when the leader stops, and outlives the loss of one apiserver of two', async () => {
  const other = await startApiserver({
    etcd: etcd.endpoint,
    authority: server.authority,
    name: 'other',
    flags: [advertised],
  });
  let stopped: Promise<void> | undefined;
  const stopOther = () => {
    stopped ??= other.stop();
    return stopped;
  };
  cleanups.push(stopOther);
  const leading = new Set<string>();
  const candidate = (identity: string) => {
    const stop = stopAtEnd();
    const ended = runWithLeaderElection({
      client: clientOf(other, server),
      name: 'client-test',
      identity,
      log,
      signal: stop.signal,
      leaseDurationMs: 3_000,
      renewDeadlineMs: 2_000,
      retryPeriodMs: 200,
      run: async (signal) => {
        leading.add(identity);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        leading.delete(identity);
      },
    });
    return { stop, ended };
  };
  const first = candidate('first');
  await expect.poll(() => [...leading]).toEqual(['first']);
  const second = candidate('second');
  await stopOther();
  const client = clientOf(server);
  const renewal = async () =>
    (await client.get(leases, { namespace: 'kube-system', name: 'client-test' })).spec?.renewTime;
  const before = await renewal();
  await expect.poll(renewal, { timeout: 5_000 }).not.toBe(before);
  expect([...leading]).toEqual(['first']);
  first.stop.abort();
  await first.ended;
  await expect.poll(() => [...leading], { timeout: 5_000 }).toEqual(['second']);
  second.stop.abort();
  await second.ended;
});
