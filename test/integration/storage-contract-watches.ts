import { describe, expect, it } from 'vitest';
import {
  Collector,
  configMap,
  eventually,
  newNamespace,
  openStorage,
  type SuiteContext,
  seededRandom,
  stateOf,
  watchFromNow,
} from './storage-harness.js';
import { writeAtRandom } from './storage-random-writers.js';

export function describeWatches(suite: SuiteContext): void {
  describe('watches', () => {
    it('deliver every write once and in order, to the watchers of every apiserver', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const watchers = await Promise.all([a, a, b, b].map((storage) => watchFromNow(storage, namespace)));
      const until = performance.now() + 1_500;
      const reports = await Promise.all(
        [a, a, a, b, b, b].map((storage, index) =>
          writeAtRandom(storage, namespace, `w${index}`, seededRandom(index + 1), () => performance.now() > until),
        ),
      );
      const acknowledged = reports.flatMap((report) => report.acknowledged).sort(byVersion);
      expect(acknowledged.length).toBeGreaterThan(100);
      expect(reports.flatMap((report) => report.conflicts)).toEqual([]);
      for (const watcher of watchers) {
        await eventually(() => watcher.lines.length >= acknowledged.length);
        await watcher.stop();
        expect(watcher.lines).toEqual(acknowledged);
        expect(watcher.state).toEqual(await stateOf(a.configMaps, namespace));
      }
    });

    it('resume at any version that was delivered', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const whole = await watchFromNow(a, namespace);
      let writes = 0;
      const report = await writeAtRandom(a, namespace, 'w', seededRandom(42), () => ++writes > 60);
      await eventually(() => whole.lines.length === report.acknowledged.length);
      await whole.stop();
      for (const [index, version] of whole.versions.entries()) {
        const resumed = new Collector((index % 2 ? a : b).configMaps, { namespace, resourceVersion: String(version) });
        const rest = whole.lines.slice(index + 1);
        await eventually(() => resumed.lines.length >= rest.length);
        await resumed.stop();
        expect(resumed.lines).toEqual(rest);
      }
    });

    it('resume with an apiserver that was started later', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      const whole = await watchFromNow(a, namespace);
      let writes = 0;
      const report = await writeAtRandom(a, namespace, 'w', seededRandom(3), () => ++writes > 20);
      await eventually(() => whole.lines.length === report.acknowledged.length);
      const later = await openStorage(suite.endpoint());
      const resumed = new Collector(later.configMaps, { namespace, resourceVersion: String(whole.versions[0]) });
      await eventually(() => resumed.lines.length >= whole.lines.length - 1);
      expect(resumed.lines).toEqual(whole.lines.slice(1));
      await Promise.all([whole.stop(), resumed.stop()]);
      await later.close();
    });

    it('begin with what is there, then mark the end of it', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      const second = await a.configMaps.create({ namespace, name: 'b' }, configMap(namespace, 'b'), {});
      const first = await a.configMaps.create({ namespace, name: 'a' }, configMap(namespace, 'a'), {});
      const marked = new Collector(a.configMaps, { namespace, sendInitialEvents: true });
      const plain = new Collector(a.configMaps, { namespace, resourceVersion: '0' });
      await eventually(() => marked.items.length === 3 && plain.items.length === 2);
      // In order of the versions: a watch broken off here resumes without a gap.
      const added = [`ADDED b@${second.version}`, `ADDED a@${first.version}`];
      expect(marked.lines).toEqual(added);
      expect(marked.items[2]).toMatchObject({ kind: 'bookmark', initialEventsEnd: true });
      const listed = await a.configMaps.list({
        namespace,
        limit: 0,
        continueToken: '',
        resourceVersion: '',
        resourceVersionMatch: '',
      });
      expect(marked.bookmarks[0]?.version).toBe(listed.version);
      const later = await a.configMaps.create({ namespace, name: 'c' }, configMap(namespace, 'c'), {});
      await eventually(() => marked.lines.length === 3 && plain.lines.length === 3);
      expect(plain.lines).toEqual([...added, `ADDED c@${later.version}`]);
      await Promise.all([marked.stop(), plain.stop()]);
    });

    it('are bookmarked, even where only other resources change', async () => {
      const { a } = suite.storages();
      const ticking = await openStorage(suite.endpoint(), { bookmarkIntervalMs: 30 });
      const namespace = newNamespace();
      const watch = new Collector(ticking.configMaps, { namespace, resourceVersion: '0' });
      const object = { metadata: { namespace, name: 'e', uid: 'e' }, involvedObject: {} };
      const { version } = await a.events.create({ namespace, name: 'e' }, object as never, {});
      await eventually(() => watch.bookmarks.some((bookmark) => Number(bookmark.version) >= Number(version)));
      expect(watch.bookmarks.every((bookmark) => !bookmark.initialEventsEnd)).toBe(true);
      // A bookmark is as good to resume from as an event.
      const from = watch.bookmarks.at(-1)?.version ?? '';
      await a.configMaps.create({ namespace, name: 'one' }, configMap(namespace, 'one'), {});
      const resumed = new Collector(ticking.configMaps, { namespace, resourceVersion: from });
      await eventually(() => resumed.lines.length === 1 && watch.lines.length === 1);
      expect(resumed.lines).toEqual(watch.lines);
      await Promise.all([watch.stop(), resumed.stop()]);
      await ticking.close();
    });

    it('answer 410 past the window, and drop a reader that falls behind it', async () => {
      const narrow = await openStorage(suite.endpoint(), { window: { count: 5, bytes: 1_000_000 } });
      const namespace = newNamespace();
      const made = await narrow.configMaps.create({ namespace, name: 'n' }, configMap(namespace, 'n'), {});
      const slow = narrow.configMaps
        .watch({ namespace, resourceVersion: '', sendInitialEvents: undefined, signal: AbortSignal.timeout(30_000) })
        [Symbol.asyncIterator]();
      expect((await slow.next()).value).toMatchObject({ event: { type: 'ADDED' } });
      let { version } = made;
      for (let count = 0; count < 10; count++) {
        version = (await narrow.configMaps.update(made.key, configMap(namespace, 'n'), version, {})).version;
      }
      await narrow.configMaps.get(made.key);
      await expect(slow.next()).rejects.toMatchObject({ reason: 'Expired', code: 410 });
      const late = new Collector(narrow.configMaps, { namespace, resourceVersion: made.version });
      await late.done;
      expect(late.error).toMatchObject({
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/),
      });
      await narrow.close();
    });

    it('tell a large burst whole to a reader that keeps up', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      const watch = await watchFromNow(a, namespace);
      const filler = 'x'.repeat(20_000);
      await Promise.all(
        Array.from({ length: 300 }, (_, index) =>
          a.configMaps.create({ namespace, name: `n${index}` }, configMap(namespace, `n${index}`, { filler }), {}),
        ),
      );
      await eventually(() => watch.lines.length === 300);
      expect(watch.versions).toEqual([...watch.versions].sort((x, y) => x - y));
      await watch.stop();
    });
  });
}

export function byVersion(left: string, right: string): number {
  return Number(left.slice(left.lastIndexOf('@') + 1)) - Number(right.slice(right.lastIndexOf('@') + 1));
}
