import { setTimeout as delay } from 'node:timers/promises';
import { startEtcdProxy } from '@kubelab/testing';
import { describe, expect, it } from 'vitest';
import { byVersion } from './storage-contract-watches.js';
import {
  Collector,
  configMap,
  eventually,
  newNamespace,
  type OpenStorage,
  openStorage,
  query,
  type SuiteContext,
  seededRandom,
  stateOf,
  watchFromNow,
} from './storage-harness.js';
import { type WriterReport, writeAtRandom } from './storage-random-writers.js';

export function describeFailures(suite: SuiteContext): void {
  describe('failures', () => {
    it('loses nothing acknowledged, and misses and repeats no event, when etcd is killed and started again', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const watchers = await Promise.all([a, b].map((storage) => watchFromNow(storage, namespace)));
      let stopped = false;
      const writers = [a, a, b, b].map((storage, index) =>
        writeAtRandom(storage, namespace, `k${index}`, seededRandom(100 + index), () => stopped),
      );
      for (let round = 0; round < 3; round++) {
        const before = watchers[0]?.lines.length ?? 0;
        await eventually(() => (watchers[0]?.lines.length ?? 0) > before + 50, 30_000);
        await suite.etcd().kill();
        await suite.etcd().restart();
      }
      const before = watchers[0]?.lines.length ?? 0;
      await eventually(() => (watchers[0]?.lines.length ?? 0) > before + 50, 30_000);
      stopped = true;
      await expectFaithful(a, namespace, watchers, await Promise.all(writers));
    });

    it('knows what became of every write whose answer was lost', async () => {
      const proxy = await startEtcdProxy(suite.endpoint());
      const shaky = await openStorage(proxy.endpoint, { attemptTimeoutMs: 300 });
      const { a } = suite.storages();
      const namespace = newNamespace();
      const watchers = await Promise.all([a, shaky].map((storage) => watchFromNow(storage, namespace)));
      const random = seededRandom(5);
      let stopped = false;
      const writers = Array.from({ length: 8 }, (_, index) =>
        writeAtRandom(shaky, namespace, `u${index}`, seededRandom(200 + index), () => stopped),
      );
      for (let round = 0; round < 25; round++) {
        await delay(10 + random(60));
        if (random(3) === 0) {
          proxy.dropAnswers();
          await delay(10 + random(60));
          proxy.mend();
        } else proxy.breakConnections();
      }
      stopped = true;
      const reports = await Promise.all(writers);
      await expectFaithful(a, namespace, watchers, reports);
      // The breaks were short: every outcome was to be known.
      expect(reports.map(({ unknown, refused }) => [unknown.size, refused])).toEqual(reports.map(() => [0, 0]));
      await shaky.close();
      await proxy.close();
    });

    it('tells the differences, in order, when etcd has compacted what the watch missed', async () => {
      const proxy = await startEtcdProxy(suite.endpoint());
      const away = await openStorage(proxy.endpoint);
      const { a } = suite.storages();
      const namespace = newNamespace();
      const make = (name: string) => a.configMaps.create({ namespace, name }, configMap(namespace, name), {});
      const [same, changed, gone, remade] = [
        await make('same'),
        await make('changed'),
        await make('gone'),
        await make('remade'),
      ];
      const watch = new Collector(away.configMaps, { namespace });
      await eventually(() => watch.lines.length === 4);

      proxy.cut();
      const changedTo = await a.configMaps.update(
        changed.key,
        configMap(namespace, 'changed', { k: '2' }),
        changed.version,
        {},
      );
      await a.configMaps.delete(gone.key, gone.version, {});
      await a.configMaps.delete(remade.key, remade.version, {});
      const remadeTo = await make('remade');
      const fresh = await make('fresh');
      const shortLived = await make('short-lived');
      await a.configMaps.delete(shortLived.key, shortLived.version, {});
      await suite.compact();
      proxy.mend();

      await eventually(() => watch.lines.some((line) => line.startsWith('DELETED gone')));
      const differences = watch.lines.slice(4);
      expect(differences).toEqual([
        `MODIFIED changed@${changedTo.version}`,
        `DELETED remade@${Number(remadeTo.version) - 1}`,
        `ADDED remade@${remadeTo.version}`,
        `ADDED fresh@${fresh.version}`,
        differences.at(-1),
      ]);
      expect(watch.state).toEqual(await stateOf(a.configMaps, namespace));
      expect(watch.state.same).toBe(same.version);
      const next = await make('next');
      await eventually(() => watch.lines.at(-1) === `ADDED next@${next.version}`);
      await watch.stop();
      await away.close();
      await proxy.close();
    });

    it.each([
      { how: 'refuses connections', writeReason: 'ServiceUnavailable' },
      { how: 'hears and says nothing', writeReason: 'Timeout' },
    ])('answers within its time while etcd $how, and goes on afterwards', async ({ writeReason }) => {
      const proxy = await startEtcdProxy(suite.endpoint());
      const away = await openStorage(proxy.endpoint, { requestTimeoutMs: 800, attemptTimeoutMs: 300 });
      const namespace = newNamespace();
      const key = { namespace, name: 'one' };
      const made = await away.configMaps.create(key, configMap(namespace, 'one'), {});
      // The write is acknowledged by its answer, the cache hears of it by the watch.
      await eventually(() => away.configMaps.getCached(key) !== undefined);
      if (writeReason === 'Timeout') proxy.dropAnswers();
      else {
        proxy.cut();
        const healthy = (): Promise<boolean> =>
          away.storage.checkHealth().then(
            () => true,
            () => false,
          );
        await eventually(async () => !(await healthy()));
      }
      const startMs = performance.now();
      const outcomes = await Promise.allSettled([
        away.configMaps.get(key),
        away.configMaps.list(query({ namespace })),
        away.storage.checkHealth(),
        away.storage.getRaw('ranges/x'),
        away.configMaps.create({ namespace, name: 'two' }, configMap(namespace, 'two'), {}),
      ]);
      expect(performance.now() - startMs).toBeLessThan(4_500);
      const reasons = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.reason);
      expect(reasons).toEqual([...Array<string>(4).fill('ServiceUnavailable'), writeReason]);
      // What needs no newest state is served all the same.
      expect(away.configMaps.getCached(key)?.version).toBe(made.version);
      expect((await away.configMaps.list(query({ namespace, resourceVersion: '0' }))).items.length).toBeGreaterThan(0);
      proxy.mend();
      await eventually(async () => (await away.configMaps.get(key).catch(() => undefined))?.version === made.version);
      await away.close();
      await proxy.close();
    });

    it('answers within its time while etcd is frozen', async () => {
      const frozen = await openStorage(suite.endpoint(), { requestTimeoutMs: 800, attemptTimeoutMs: 300 });
      const namespace = newNamespace();
      const watch = await watchFromNow(frozen, namespace);
      await suite.etcd().pause();
      try {
        const startMs = performance.now();
        await expect(frozen.configMaps.get({ namespace, name: 'one' })).rejects.toMatchObject({
          reason: 'ServiceUnavailable',
        });
        await expect(
          frozen.configMaps.create({ namespace, name: 'x' }, configMap(namespace, 'x'), {}),
        ).rejects.toMatchObject({
          reason: expect.stringMatching(/Timeout|ServiceUnavailable/),
        });
        expect(performance.now() - startMs).toBeLessThan(8_000);
      } finally {
        await suite.etcd().resume();
      }
      const key = { namespace, name: 'y' };
      await eventually(async () => {
        await frozen.configMaps.create(key, configMap(namespace, 'y'), {}).catch(() => {});
        return (await frozen.configMaps.get(key).catch(() => undefined)) !== undefined;
      });
      await eventually(() => watch.lines.some((line) => line.startsWith('ADDED y')));
      expect(watch.state).toEqual(await stateOf(frozen.configMaps, namespace));
      await watch.stop();
      await frozen.close();
    });

    it('moves on to another endpoint', async () => {
      const [first, second] = await Promise.all([startEtcdProxy(suite.endpoint()), startEtcdProxy(suite.endpoint())]);
      const open = await openStorage(['http://127.0.0.1:1', first.endpoint, second.endpoint]);
      const namespace = newNamespace();
      const watch = await watchFromNow(open, namespace);
      let stopped = false;
      const writer = writeAtRandom(open, namespace, 'm', seededRandom(9), () => stopped);
      for (const [broken, whole] of [
        [first, second],
        [second, first],
      ] as const) {
        const before = watch.lines.length;
        await eventually(() => watch.lines.length > before + 20);
        whole.mend();
        broken.cut();
      }
      const before = watch.lines.length;
      await eventually(() => watch.lines.length > before + 20);
      stopped = true;
      await expectFaithful(open, namespace, [watch], [await writer]);
      await open.close();
      await Promise.all([first.close(), second.close()]);
    });

    it('fills the cache of a resource that comes later, while others are written', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      const later = await openStorage(suite.endpoint());
      let stopped = false;
      const watch = await watchFromNow(later, namespace);
      const writer = writeAtRandom(a, namespace, 'l', seededRandom(11), () => stopped);
      await eventually(() => watch.lines.length > 20);
      const { secrets } = await import('@kubelab/api');
      const added = later.storage.forResource(secrets);
      const key = { namespace, name: 's' };
      await a.storage.forResource(secrets).create(key, { metadata: { namespace, name: 's', uid: 's' } }, {});
      expect((await added.get(key))?.key).toEqual(key);
      stopped = true;
      await expectFaithful(a, namespace, [watch], [await writer]);
      await later.close();
    });
  });

  describe('compaction', () => {
    it('is done by one apiserver an interval, and keeps the last interval', async () => {
      const [a, b] = await Promise.all([openStorage(suite.endpoint()), openStorage(suite.endpoint())]);
      const namespace = newNamespace();
      await Promise.all([a.storage.compactor.compactOnce(), b.storage.compactor.compactOnce()]);
      const { version } = await a.configMaps.create({ namespace, name: 'n' }, configMap(namespace, 'n'), {});
      for (let round = 0; round < 3; round++) {
        const compacted = [await a.storage.compactor.compactOnce(), await b.storage.compactor.compactOnce()];
        expect(compacted.filter((revision) => revision !== undefined).length).toBeLessThanOrEqual(1);
        if (round === 0) expect(compacted.every((revision) => Number(revision ?? 0) < Number(version))).toBe(true);
      }
      await Promise.all([a.close(), b.close()]);
    });
  });
}

/** What was acknowledged is there, and every watcher was told of it once and in order. */
async function expectFaithful(
  storage: OpenStorage,
  namespace: string,
  watchers: readonly Collector[],
  reports: readonly WriterReport[],
): Promise<void> {
  expect(reports.flatMap((report) => report.conflicts)).toEqual([]);
  const state = await stateOf(storage.configMaps, namespace);
  for (const { expected, unknown } of reports) {
    for (const [name, version] of expected)
      if (!unknown.has(name)) expect([name, state[name]]).toEqual([name, version]);
  }
  const acknowledged = reports.flatMap((report) => report.acknowledged).sort(byVersion);
  const unsure = reports.some((report) => report.unknown.size > 0);
  for (const watcher of watchers) {
    await eventually(() => JSON.stringify(watcher.state) === JSON.stringify(sorted(watcher.state, state)));
    await watcher.stop();
    expect(watcher.error).toBeUndefined();
    expect(watcher.versions).toEqual([...new Set(watcher.versions)].sort((left, right) => left - right));
    expect(watcher.lines).toEqual(expect.arrayContaining(acknowledged));
    if (!unsure && reports.every(({ refused }) => refused === 0)) expect(watcher.lines).toEqual(acknowledged);
  }
}

/** `state` with the keys in the order of `like`, so that both can be compared as text. */
function sorted(like: Record<string, string>, state: Record<string, string>): Record<string, string> {
  const names = new Set([...Object.keys(like), ...Object.keys(state)]);
  return Object.fromEntries([...names].flatMap((name) => (state[name] === undefined ? [] : [[name, state[name]]])));
}
