import { randomUUID } from 'node:crypto';
import { ApiError, type Event, type KubernetesObject, type ObjectKey, type Persisted } from '@kubelab/api';
import { createManualClock, createMetrics, type MetricsRegistry, newTraceContext } from '@kubelab/runtime';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ApiClient, WriteOptions } from './api-client.js';
import { createEventRecorder } from './event-recorder.js';

const log = pino({ level: 'silent' });
const pod = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'web', uid: `uid-${name}`, resourceVersion: '7' },
});

/** Keeps Events as the apiserver would; `fail` is what the next writes throw. */
function createStore() {
  const stored = new Map<string, Event>();
  const failures: ApiError[] = [];
  const writes: { verb: string; options: WriteOptions | undefined }[] = [];
  const attempt = <R>(verb: string, options: WriteOptions | undefined, work: () => R): Promise<R> => {
    writes.push({ verb, options });
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve().then(work);
  };
  const client = {
    create: (_: unknown, event: Event, options?: WriteOptions) =>
      attempt('create', options, () => {
        stored.set(event.metadata.name ?? '', event);
        return event as Persisted<Event>;
      }),
    patch: (_: unknown, { name }: ObjectKey, __: unknown, patch: Partial<Event>, options?: WriteOptions) =>
      attempt('patch', options, () => {
        const present = stored.get(name);
        if (!present) throw new ApiError('NotFound', `events "${name}" not found`);
        stored.set(name, { ...present, ...patch });
        return present as Persisted<Event>;
      }),
  } as unknown as ApiClient;
  return { client, stored, failures, writes };
}

function setUp() {
  const store = createStore();
  const clock = createManualClock(Date.UTC(2030, 0, 1));
  const stop = new AbortController();
  const recorder = createEventRecorder({
    client: store.client,
    component: 'kubelet',
    host: 'node1',
    log,
    clock,
    signal: stop.signal,
  });
  return { ...store, clock, stop, recorder, events: () => [...store.stored.values()] };
}

describe('createEventRecorder', () => {
  it('gives events of one object and moment names of their own, whichever recorder of the process writes them', async () => {
    const [first, second] = [setUp(), setUp()];
    first.recorder.event(pod('a'), 'Normal', 'One', 'of two');
    second.recorder.event(pod('a'), 'Normal', 'Other', 'of two');
    await Promise.all([first.recorder.flush(), second.recorder.flush()]);
    const names = [...first.events(), ...second.events()].map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(2);
  });

  it('writes a core Event, on behalf of the trace', async () => {
    const { recorder, events, writes } = setUp();
    const trace = newTraceContext(true);
    recorder.event(pod('a'), 'Normal', 'Started', 'Started container nginx', trace);
    await recorder.flush();
    const [event] = events();
    expect(event).toEqual({
      metadata: { namespace: 'web', name: expect.stringMatching(/^a\.[0-9a-f]{16}$/) },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'web',
        name: 'a',
        uid: 'uid-a',
        resourceVersion: '7',
      },
      type: 'Normal',
      reason: 'Started',
      message: 'Started container nginx',
      source: { component: 'kubelet', host: 'node1' },
      reportingComponent: 'kubelet',
      reportingInstance: 'node1',
      count: 1,
      firstTimestamp: '2030-01-01T00:00:00Z',
      lastTimestamp: '2030-01-01T00:00:00Z',
    });
    expect(writes[0]?.options?.trace).toBe(trace);
  });

  it('puts events of cluster-scoped objects into default, and takes references', async () => {
    const { recorder, events } = setUp();
    recorder.event({ kind: 'Node', apiVersion: 'v1', metadata: { name: 'node1' } }, 'Normal', 'NodeReady', 'ready');
    recorder.event(
      { kind: 'Pod', name: 'a', namespace: 'web', fieldPath: 'spec.containers{nginx}' },
      'Normal',
      'Pulled',
      'x',
    );
    await recorder.flush();
    expect(events().map(({ metadata }) => metadata.namespace)).toEqual(['default', 'web']);
    expect(events()[1]?.involvedObject.fieldPath).toBe('spec.containers{nginx}');
  });

  it('counts the same event again', async () => {
    const { recorder, events, clock, writes } = setUp();
    recorder.event(pod('a'), 'Warning', 'BackOff', 'Back-off restarting failed container');
    await recorder.flush();
    for (let second = 0; second < 2; second++) {
      await clock.advance(10_000);
      recorder.event(pod('a'), 'Warning', 'BackOff', 'Back-off restarting failed container');
      await recorder.flush();
    }
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatchObject({
      count: 3,
      firstTimestamp: '2030-01-01T00:00:00Z',
      lastTimestamp: '2030-01-01T00:00:20Z',
    });
    expect(writes.map(({ verb }) => verb)).toEqual(['create', 'patch', 'patch']);
  });

  it('writes an event that has expired anew, its count going on', async () => {
    const { recorder, events, stored } = setUp();
    for (let time = 0; time < 2; time++) {
      recorder.event(pod('a'), 'Normal', 'Pulling', 'x');
      await recorder.flush();
      if (time === 0) stored.clear();
    }
    expect(events()).toMatchObject([{ count: 2 }]);
  });

  it('combines events that differ in their message alone', async () => {
    const { recorder, events, clock } = setUp();
    for (let index = 0; index < 14; index++) {
      recorder.event(pod('a'), 'Warning', 'Failed', `attempt ${index}`);
      await clock.advance(1_000);
    }
    await recorder.flush();
    const combined = events().filter(({ message }) => message?.startsWith('(combined from similar events): '));
    expect(events()).toHaveLength(10);
    expect(combined).toMatchObject([{ count: 5, message: '(combined from similar events): attempt 13' }]);
  });

  it('limits the events of one object, not those of another', async () => {
    const { recorder, writes, clock } = setUp();
    for (let index = 0; index < 60; index++) recorder.event(pod('a'), 'Normal', `Reason${index}`, 'x');
    await recorder.flush();
    expect(writes).toHaveLength(25);
    recorder.event(pod('b'), 'Normal', 'Other', 'x');
    await recorder.flush();
    expect(writes).toHaveLength(26);
    await clock.advance(300_000);
    recorder.event(pod('a'), 'Normal', 'Later', 'x');
    recorder.event(pod('a'), 'Normal', 'TooSoon', 'x');
    await recorder.flush();
    expect(writes).toHaveLength(27);
  });

  it('gives events of one moment names of their own', async () => {
    const { recorder, stored } = setUp();
    for (let index = 0; index < 5; index++) recorder.event(pod('a'), 'Normal', `Reason${index}`, 'x');
    await recorder.flush();
    expect(stored.size).toBe(5);
  });

  it('waits for an apiserver that is away', async () => {
    const { recorder, events, failures, clock } = setUp();
    failures.push(new ApiError('ServiceUnavailable', 'away'), new ApiError('ServiceUnavailable', 'away'));
    recorder.event(pod('a'), 'Normal', 'Started', 'x');
    await clock.advance(50);
    expect(events()).toHaveLength(0);
    await clock.advance(2_000);
    await recorder.flush();
    expect(events()).toHaveLength(1);
  });

  it('drops what is refused, and goes on', async () => {
    const { recorder, events, failures } = setUp();
    failures.push(new ApiError('Forbidden', 'namespace is being terminated'));
    recorder.event(pod('a'), 'Normal', 'Lost', 'x');
    recorder.event(pod('a'), 'Normal', 'Kept', 'x');
    await recorder.flush();
    expect(events().map(({ reason }) => reason)).toEqual(['Kept']);
  });

  it('writes nothing more once its signal has aborted', async () => {
    const { recorder, writes, failures, stop, clock } = setUp();
    failures.push(new ApiError('ServiceUnavailable', 'away'));
    recorder.event(pod('a'), 'Normal', 'A', 'x');
    await clock.advance(1);
    stop.abort();
    await recorder.flush();
    recorder.event(pod('a'), 'Normal', 'B', 'x');
    await recorder.flush();
    expect(writes).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

/** A client whose writes are answered when the test says so. */
function createSlowClient() {
  const answers: (() => void)[] = [];
  const written: Event[] = [];
  const client = {
    create: (_: unknown, event: Event) =>
      new Promise((resolve) => {
        written.push(event);
        answers.push(() => resolve(event));
      }),
    patch: () => Promise.reject(new Error('unexpected')),
  } as unknown as ApiClient;
  const answerAll = async () => {
    for (const answer of answers.splice(0)) answer();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { client, written, answers, answerAll };
}

describe('a recorder that has much to write', () => {
  const countOf = async (metrics: MetricsRegistry, name: string) =>
    (await metrics.getSingleMetric(name)?.get())?.values ?? [];

  it('keeps room for the events of 50,000 pods in 64 MiB', async () => {
    const { client } = createSlowClient();
    const metrics = createMetrics('x', '');
    const recorder = createEventRecorder({ client, component: 'x', log, metrics, capacityBytes: 64 * 1024 * 1024 });
    for (let index = 0; index < 50_000; index++) {
      const name = `deployment-with-a-long-name-5d9c7b8f6d-${index}`;
      const message = `Successfully assigned namespace-of-some-length/${name} to node-${index % 5_000}.example.internal`;
      recorder.event({ ...pod(name), metadata: { ...pod(name).metadata, uid: randomUUID() } }, 'Normal', 'S', message);
    }
    expect(await countOf(metrics, 'kubelab_events_dropped_total')).toEqual([]);
    expect(await countOf(metrics, 'kubelab_events_waiting')).toMatchObject([{ value: 50_000 }]);
  });

  it('counts what finds no room, by why', async () => {
    const { client, answerAll } = createSlowClient();
    const metrics = createMetrics('x', '');
    const recorder = createEventRecorder({ client, component: 'x', log, metrics, capacityBytes: 2_000 });
    for (let index = 0; index < 10; index++) recorder.event(pod(`p${index}`), 'Normal', 'S', 'x'.repeat(60));
    const [dropped] = await countOf(metrics, 'kubelab_events_dropped_total');
    expect(dropped).toMatchObject({ labels: { reason: 'no_room' }, value: 6 });
    await answerAll();
    await recorder.flush();
    recorder.event(pod('later'), 'Normal', 'S', 'x');
    expect(await countOf(metrics, 'kubelab_events_waiting')).toMatchObject([{ value: 1 }]);
    await answerAll();
    await recorder.flush();
  });

  it('writes those of several objects at a time, and those of one in their order', async () => {
    const { client, written, answerAll } = createSlowClient();
    const recorder = createEventRecorder({ client, component: 'x', log, concurrency: 3 });
    for (const name of ['a', 'a', 'b', 'c', 'd']) recorder.event(pod(name), 'Normal', `R${written.length}`, 'x');
    expect(written.map(({ involvedObject }) => involvedObject.name)).toEqual(['a', 'b', 'c']);
    await answerAll();
    expect(
      written
        .map(({ involvedObject }) => involvedObject.name)
        .slice(3)
        .sort(),
    ).toEqual(['a', 'd']);
    await answerAll();
    await recorder.flush();
  });

  it('writes one at a time, with pauses, while what matters more is under way, until half of the room is taken', async () => {
    const { client, written, answerAll } = createSlowClient();
    const clock = createManualClock(0);
    let busy = true;
    const options = { client, component: 'x', log, clock, isBusy: () => busy, concurrency: 8, capacityBytes: 10_000 };
    const recorder = createEventRecorder(options);
    for (let index = 0; index < 6; index++) recorder.event(pod(`p${index}`), 'Normal', 'S', 'x');
    expect(written).toHaveLength(1);
    await answerAll();
    expect(written).toHaveLength(1);
    await clock.advance(20);
    expect(written).toHaveLength(2);
    for (let index = 6; index < 24; index++) recorder.event(pod(`p${index}`), 'Normal', 'S', 'x');
    expect(written.length).toBeGreaterThan(5);
    busy = false;
    await answerAll();
    await clock.advance(20);
    expect(written.length).toBeGreaterThan(12);
    for (let round = 0; round < 4; round++) await answerAll();
    await recorder.flush();
  });
});
