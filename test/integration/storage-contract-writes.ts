import { describe, expect, it } from 'vitest';
import { StorageConflict, type StoredEvent } from '../../packages/apiserver/src/storage/storage.js';
import {
  Collector,
  configMap,
  dataOf,
  eventually,
  newNamespace,
  query,
  type SuiteContext,
  stateOf,
  trace,
} from './storage-harness.js';

export function describeWrites(suite: SuiteContext): void {
  describe('writes', () => {
    it('creates, reads, updates and deletes, each with a new version', async () => {
      const { a } = suite.storages();
      const key = { namespace: newNamespace(), name: 'one' };
      const made = await a.configMaps.create(key, configMap(key.namespace, 'one', { k: 'grüße' }), { trace });
      expect(made.object.metadata.resourceVersion).toBe(made.version);
      expect(JSON.parse(made.encoded.toString())).toEqual(made.object);
      expect(made.trace).toEqual(trace);
      expect((await a.configMaps.get(key))?.encoded).toEqual(made.encoded);

      const changed = await a.configMaps.update(key, { ...made.object, data: { k: '2' } }, made.version, {});
      expect(Number(changed.version)).toBeGreaterThan(Number(made.version));
      expect(dataOf(await a.configMaps.get(key))).toEqual({ k: '2' });

      const gone = await a.configMaps.delete(key, changed.version, {});
      expect(Number(gone.version)).toBeGreaterThan(Number(changed.version));
      expect(gone.object.metadata.resourceVersion).toBe(gone.version);
      expect(dataOf(gone)).toEqual({ k: '2' });
      expect(await a.configMaps.get(key)).toBeUndefined();
    });

    it('answers a write of what decides once the observer has seen it', async () => {
      const { a } = suite.storages();
      const seen = new Map<string, string>();
      const observer = ({ type, current }: StoredEvent) => seen.set(current.key.name, `${type} ${current.version}`);
      a.configMaps.observe(observer, { decides: true });
      const namespace = newNamespace();
      const write = async (name: string) => {
        const key = { namespace, name };
        const made = await a.configMaps.create(key, configMap(namespace, name), {});
        expect(seen.get(name)).toBe(`ADDED ${made.version}`);
        const changed = await a.configMaps.update(key, configMap(namespace, name, { k: '2' }), made.version, {});
        expect(seen.get(name)).toBe(`MODIFIED ${changed.version}`);
        const gone = await a.configMaps.delete(key, changed.version, {});
        expect(seen.get(name)).toBe(`DELETED ${gone.version}`);
      };
      await Promise.all(Array.from({ length: 100 }, (_, index) => write(`decides-${index}`)));
    });

    it('answers with what is present when a write is not made', async () => {
      const { a } = suite.storages();
      const key = { namespace: newNamespace(), name: 'one' };
      const object = configMap(key.namespace, 'one', { k: '1' });
      const made = await a.configMaps.create(key, object, {});
      const changed = await a.configMaps.update(key, object, made.version, {});

      await expectConflict(a.configMaps.create(key, object, {}), 'exists', changed.version);
      await expectConflict(a.configMaps.update(key, object, made.version, {}), 'changed', changed.version);
      await expectConflict(a.configMaps.delete(key, made.version, {}), 'changed', changed.version);
      const absent = { ...key, name: 'absent' };
      await expectConflict(a.configMaps.update(absent, object, made.version, {}), 'missing', undefined);
      await expectConflict(a.configMaps.delete(absent, made.version, {}), 'missing', undefined);
      await expect(a.configMaps.update(key, object, 'x', {})).rejects.toMatchObject({ reason: 'BadRequest' });
    });

    it('lets one of many racing writers win, whichever apiserver they write through', async () => {
      const { a, b } = suite.storages();
      const key = { namespace: newNamespace(), name: 'raced' };
      const made = await a.configMaps.create(key, configMap(key.namespace, 'raced'), {});
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => {
          const { configMaps } = index % 2 ? a : b;
          return configMaps.update(key, configMap(key.namespace, 'raced', { by: String(index) }), made.version, {});
        }),
      );
      const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(winners).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue;
        expect(outcome.reason).toBeInstanceOf(StorageConflict);
        expect(outcome.reason).toMatchObject({ reason: 'changed', present: { version: winners[0]?.version } });
      }
    });

    it('shows an acknowledged write to every apiserver at once', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      let version = '';
      for (let round = 0; round < 100; round++) {
        const [writer, reader] = round % 2 ? [a, b] : [b, a];
        const object = configMap(namespace, 'seen', { round: String(round) });
        const key = { namespace, name: 'seen' };
        const made = round
          ? await writer.configMaps.update(key, object, version, {})
          : await writer.configMaps.create(key, object, {});
        version = made.version;
        const [got, listed] = await Promise.all([
          reader.configMaps.get(key),
          reader.configMaps.list(query({ namespace })),
        ]);
        expect(got?.version).toBe(version);
        expect(listed.items[0]?.version).toBe(version);
        expect(Number(listed.version)).toBeGreaterThanOrEqual(Number(version));
      }
    });

    it('keeps values readable: a header line, and the object without its version', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      await a.configMaps.create({ namespace, name: 'plain' }, configMap(namespace, 'plain', { k: 'v' }), { trace });
      const raw = await a.storage.getRaw(`configmaps/${namespace}/plain`);
      expect(JSON.parse(raw?.value.toString() ?? '')).toEqual({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        ...configMap(namespace, 'plain', { k: 'v' }),
      });
    });

    it('reads values that others have written, and leaves out those that are no objects', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      // Its own header line comes first; what follows is a value in Kubernetes' plain form.
      const byHand = JSON.stringify({
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { namespace },
        data: { by: 'hand' },
      });
      expect(await a.storage.putRaw(`configmaps/${namespace}/by-hand`, Buffer.from(byHand), '')).toMatch(/^\d+$/);
      expect(await a.storage.putRaw(`configmaps/${namespace}/broken`, Buffer.from('{'), '')).toMatch(/^\d+$/);
      const { items } = await a.configMaps.list(query({ namespace }));
      expect(items.map((item) => [item.key.name, dataOf(item), item.object.metadata.resourceVersion])).toEqual([
        ['by-hand', { by: 'hand' }, items[0]?.version],
      ]);
    });

    it('refuses what is too large for etcd, and takes what is nearly so', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      const create = (name: string, bytes: number) =>
        a.configMaps.create({ namespace, name }, configMap(namespace, name, { data: 'x'.repeat(bytes) }), {});
      await create('large', 1_500_000);
      for (const bytes of [1_600_000, 3_000_000]) {
        await expect(create('huge', bytes)).rejects.toMatchObject({ reason: 'RequestEntityTooLarge', code: 413 });
      }
      expect(Object.keys(await stateOf(a.configMaps, namespace))).toEqual(['large']);
    });

    it('keeps raw values by comparison', async () => {
      const { a, b } = suite.storages();
      const key = `ranges/${newNamespace()}`;
      expect(await a.storage.getRaw(key)).toBeUndefined();
      expect(await a.storage.putRaw(key, Buffer.from('one'), '')).toMatch(/^\d+$/);
      expect(await b.storage.putRaw(key, Buffer.from('two'), '')).toBeUndefined();
      const present = await b.storage.getRaw(key);
      expect(present?.value.toString()).toBe('one');
      expect(await b.storage.putRaw(key, Buffer.from('two'), present?.version ?? '')).toMatch(/^\d+$/);
      expect(await a.storage.putRaw(key, Buffer.from('three'), present?.version ?? '')).toBeUndefined();
      expect((await a.storage.getRaw(key))?.value.toString()).toBe('two');
    });

    it('lets objects expire together, and tells each', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const first = await a.configMaps.create({ namespace, name: 'first' }, configMap(namespace, 'first'), {
        timeToLiveSeconds: 1,
      });
      await a.configMaps.create({ namespace, name: 'second' }, configMap(namespace, 'second'), {
        timeToLiveSeconds: 1,
      });
      await a.configMaps.create({ namespace, name: 'stays' }, configMap(namespace, 'stays'), {});
      // An update leaves the time to live as it is.
      await a.configMaps.update(first.key, configMap(namespace, 'first', { k: '2' }), first.version, {});
      const watch = new Collector(b.configMaps, { namespace, resourceVersion: first.version });
      await eventually(() => watch.lines.filter((line) => line.startsWith('DELETED')).length === 2, 20_000);
      await watch.stop();
      expect(Object.keys(await stateOf(b.configMaps, namespace))).toEqual(['stays']);

      // Both went in one revision: whoever heard of one alone, and resumes there, hears of the other.
      const [one, two] = watch.items.slice(-2).map((item) => (item.kind === 'event' ? item.event.current : undefined));
      expect(Number(one?.version)).toBe(Number(two?.version) - 1);
      const resumed = new Collector(a.configMaps, { namespace, resourceVersion: one?.version ?? '' });
      await eventually(() => resumed.lines.includes(`DELETED ${two?.key.name}@${two?.version}`));
      await resumed.stop();
    });

    it('carries the trace of a deletion to the watchers of every apiserver', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const made = await a.configMaps.create({ namespace, name: 'one' }, configMap(namespace, 'one'), {});
      const watch = new Collector(b.configMaps, { namespace, resourceVersion: made.version });
      await a.configMaps.delete(made.key, made.version, { trace });
      await eventually(() => watch.items.length === 1);
      await watch.stop();
      expect(watch.items[0]).toMatchObject({
        event: { type: 'DELETED', current: { trace }, previous: { version: made.version } },
      });
    });
  });
}

async function expectConflict(
  write: Promise<unknown>,
  reason: string,
  presentVersion: string | undefined,
): Promise<void> {
  const error = await write.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StorageConflict);
  expect((error as StorageConflict).reason).toBe(reason);
  expect((error as StorageConflict).present?.version).toBe(presentVersion);
}
