import { ApiError, type ConfigMap, configMaps, type ObjectList, type Persisted } from '@kubelab/api';
import { AsyncQueue, createManualClock, newTraceContext, type TraceContext } from '@kubelab/runtime';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiClient, ListOptions, WatchEvent, WatchOptions } from './api-client.js';
import { createInformer } from './create-informer.js';
import type { InformerOptions } from './informer.js';

const log = pino({ level: 'silent' });
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

function configMap(name: string, resourceVersion: string, data: Record<string, string> = {}): Persisted<ConfigMap> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion,
      creationTimestamp: '2030-01-01T00:00:00Z',
    },
    data,
  };
}

type Page = { items: Persisted<ConfigMap>[]; version: string; continueToken?: string } | ApiError;

/** Lists as scripted, one answer after the other; watches as the test drives them. */
function createScript(...pages: Page[]) {
  const lists: ListOptions[] = [];
  const watches: { options: WatchOptions; events: AsyncQueue<WatchEvent<ConfigMap>> }[] = [];
  const client = {
    list: (_: unknown, options: ListOptions) => {
      lists.push(options);
      const page = pages.shift();
      if (!page || page instanceof ApiError)
        return Promise.reject(page ?? new ApiError('ServiceUnavailable', 'no more'));
      const metadata = { resourceVersion: page.version, continue: page.continueToken };
      return Promise.resolve<ObjectList<ConfigMap>>({
        apiVersion: 'v1',
        kind: 'ConfigMapList',
        metadata,
        items: page.items,
      });
    },
    watch: (_: unknown, options: WatchOptions) => {
      const events = new AsyncQueue<WatchEvent<ConfigMap>>({ capacity: 100 });
      options.signal?.addEventListener('abort', () => events.close(), { once: true });
      watches.push({ options, events });
      return events;
    },
  } as unknown as ApiClient;
  return { client, lists, watches };
}

function startInformer(script: ReturnType<typeof createScript>, options: InformerOptions<ConfigMap> = {}) {
  const clock = createManualClock();
  const informer = createInformer(script.client, configMaps, { ...options, clock }, log);
  const changes: string[] = [];
  informer.onChange(({ type, key, object, old }) => {
    changes.push(
      `${type} ${key}@${object.metadata.resourceVersion}${old ? ` was ${old.metadata.resourceVersion}` : ''}`,
    );
  });
  const stop = new AbortController();
  stops.push(stop);
  const running = informer.run(stop.signal);
  return { informer, changes, clock, stop, running };
}

const modified = (object: Persisted<ConfigMap>, trace?: TraceContext): WatchEvent<ConfigMap> => ({
  type: 'MODIFIED',
  object,
  trace,
});
const added = (object: Persisted<ConfigMap>): WatchEvent<ConfigMap> => ({ type: 'ADDED', object, trace: undefined });
const deleted = (object: Persisted<ConfigMap>): WatchEvent<ConfigMap> => ({
  type: 'DELETED',
  object,
  trace: undefined,
});

describe('createInformer', () => {
  it('lists, page by page, and then watches from there', async () => {
    const script = createScript(
      { items: [configMap('a', '1')], version: '5', continueToken: 'more' },
      { items: [configMap('b', '2')], version: '5' },
    );
    const { informer, changes } = startInformer(script, { labelSelector: 'app=x', namespace: 'default' });
    await informer.synced();
    expect(changes).toEqual(['added default/a@1', 'added default/b@2']);
    expect(script.lists.map(({ continueToken }) => continueToken)).toEqual(['', 'more']);
    await expect.poll(() => script.watches.length).toBe(1);
    expect(script.watches[0]?.options).toMatchObject({
      resourceVersion: '5',
      allowBookmarks: true,
      labelSelector: 'app=x',
      namespace: 'default',
    });
  });

  it('follows the watch, with the trace of each write', async () => {
    const script = createScript({ items: [configMap('a', '1')], version: '5' });
    const { informer, changes } = startInformer(script);
    await expect.poll(() => script.watches.length).toBe(1);
    const trace = newTraceContext(true);
    const { events } = script.watches[0] ?? expect.fail();
    events.push(modified(configMap('a', '6', { x: '1' }), trace));
    events.push(added(configMap('b', '7')));
    events.push(deleted(configMap('a', '8', { x: '1' })));
    await expect.poll(() => changes.length).toBe(4);
    expect(changes.slice(1)).toEqual(['modified default/a@6 was 1', 'added default/b@7', 'deleted default/a@8']);
    expect(informer.get('default/a')).toBeUndefined();
    expect(informer.get('default/b')?.metadata.resourceVersion).toBe('7');
    expect(informer.size).toBe(1);
    events.push(modified(configMap('b', '9'), trace));
    await expect.poll(() => informer.traceOf('default/b')).toEqual(trace);
  });

  it('resumes at the last version, bookmarks included, and repeats nothing', async () => {
    const script = createScript({ items: [configMap('a', '1')], version: '5' });
    const { changes, clock } = startInformer(script);
    await expect.poll(() => script.watches.length).toBe(1);
    script.watches[0]?.events.push(modified(configMap('a', '6')));
    script.watches[0]?.events.push({ type: 'BOOKMARK', object: configMap('', '9'), trace: undefined });
    script.watches[0]?.events.close(new ApiError('ServiceUnavailable', 'lost'));
    await expect.poll(() => changes.length).toBe(2);
    await clock.advance(10_000);
    expect(script.watches).toHaveLength(2);
    expect(script.watches[1]?.options.resourceVersion).toBe('9');
    // A server may well send the last event again.
    script.watches[1]?.events.push(modified(configMap('a', '6')));
    script.watches[1]?.events.push(modified(configMap('a', '10')));
    await expect.poll(() => changes.length).toBe(3);
    expect(changes.at(-1)).toBe('modified default/a@10 was 6');
    expect(script.lists).toHaveLength(1);
  });

  it('lists again after 410 and hands out the differences alone', async () => {
    const script = createScript(
      { items: [configMap('same', '1'), configMap('changed', '2'), configMap('gone', '3')], version: '5' },
      { items: [configMap('same', '1'), configMap('changed', '8'), configMap('new', '9')], version: '12' },
    );
    const { informer, changes, clock } = startInformer(script);
    await expect.poll(() => script.watches.length).toBe(1);
    changes.length = 0;
    script.watches[0]?.events.close(new ApiError('Expired', 'too old resource version'));
    await clock.advance(10_000);
    expect(changes).toEqual(['modified default/changed@8 was 2', 'added default/new@9', 'deleted default/gone@3']);
    expect([...informer.list()].map(({ metadata }) => metadata.name).sort()).toEqual(['changed', 'new', 'same']);
    expect(script.watches[1]?.options.resourceVersion).toBe('12');
  });

  it('backs off while the apiserver is away, and is not synced before it answers', async () => {
    const away = () => new ApiError('ServiceUnavailable', 'away');
    const script = createScript(away(), away(), away(), { items: [], version: '5' });
    const { informer, clock } = startInformer(script);
    let synced = false;
    const syncing = informer.synced().then(() => {
      synced = true;
    });
    await clock.advance(30);
    expect(script.lists).toHaveLength(1);
    await clock.advance(40);
    expect(script.lists).toHaveLength(2);
    expect(synced).toBe(false);
    await clock.advance(10_000);
    await syncing;
    expect(script.lists).toHaveLength(4);
  });

  it('does not hammer a server that ends each watch at once', async () => {
    const script = createScript({ items: [], version: '5' });
    const { clock } = startInformer(script);
    await expect.poll(() => script.watches.length).toBe(1);
    for (let tick = 0; tick < 100; tick++) {
      script.watches.at(-1)?.events.close();
      await clock.advance(100);
    }
    expect(script.watches.length).toBeLessThan(15);
  });

  it('files objects under their indexes, and refiles them', async () => {
    const script = createScript({
      items: [configMap('a', '1', { node: 'n1' }), configMap('b', '2', { node: 'n1' })],
      version: '5',
    });
    const { informer, changes } = startInformer(script, {
      indexes: { node: ({ data }) => (data?.node ? [data.node] : []) },
    });
    await expect.poll(() => script.watches.length).toBe(1);
    const on = (node: string) => informer.byIndex('node', node).map(({ metadata }) => metadata.name);
    expect(on('n1')).toEqual(['a', 'b']);
    script.watches[0]?.events.push(modified(configMap('a', '6', { node: 'n2' })));
    script.watches[0]?.events.push(deleted(configMap('b', '7', { node: 'n9' })));
    await expect.poll(() => changes.length).toBe(4);
    expect([on('n1'), on('n2'), on('n9')]).toEqual([[], ['a'], []]);
    expect(informer.byIndex('namespace', 'default')).toHaveLength(1);
    expect(['default', 'other'].map((namespace) => informer.hasAny('namespace', namespace))).toEqual([true, false]);
    expect(() => informer.byIndex('pod', 'x')).toThrow('there is no index "pod"');
  });

  it('hands out objects that cannot be changed, in tests', async () => {
    const script = createScript({ items: [configMap('a', '1', { x: '1' })], version: '5' });
    const { informer } = startInformer(script);
    await informer.synced();
    const object = informer.get('default/a') as Persisted<ConfigMap>;
    expect(() => {
      object.data = {};
    }).toThrow(TypeError);
    expect(() => {
      object.metadata.labels = {};
    }).toThrow(TypeError);
  });

  it('tells a handler that is late what is there', async () => {
    const script = createScript({ items: [configMap('a', '1')], version: '5' });
    const { informer } = startInformer(script);
    await informer.synced();
    const late: string[] = [];
    informer.onChange(({ type, key }) => late.push(`${type} ${key}`));
    expect(late).toEqual(['added default/a']);
  });

  it('ends with its signal, and so does who waits for it', async () => {
    const script = createScript(new ApiError('ServiceUnavailable', 'away'));
    const { informer, stop, running } = startInformer(script);
    const syncing = informer.synced(stop.signal);
    stop.abort(new Error('enough'));
    await expect(syncing).rejects.toThrow('enough');
    await running;
  });

  it('rejects when a handler throws: that is no outage', async () => {
    const script = createScript({ items: [configMap('a', '1')], version: '5' });
    const informer = createInformer(script.client, configMaps, {}, log);
    informer.onChange(() => {
      throw new Error('a bug');
    });
    await expect(informer.run(new AbortController().signal)).rejects.toThrow('a bug');
  });

  it('holds objects without their managedFields', async () => {
    const managed = (resourceVersion: string): Persisted<ConfigMap> => {
      const object = configMap('a', resourceVersion);
      return { ...object, metadata: { ...object.metadata, managedFields: [{ manager: 'kubectl' }] } };
    };
    const script = createScript({ items: [managed('1')], version: '1' });
    const { informer } = startInformer(script);
    await informer.synced();
    const listed = informer.get('default/a');
    expect(listed).toEqual(configMap('a', '1'));
    await expect.poll(() => script.watches.length).toBe(1);
    script.watches[0]?.events.push({ type: 'MODIFIED', object: managed('2'), trace: undefined });
    await expect.poll(() => informer.get('default/a')).toEqual(configMap('a', '2'));
  });
});
