import { describe, expect, it } from 'vitest';
import { StorageConflict, type StoredObject } from '../../packages/apiserver/src/storage/storage.js';
import { revisionOf } from '../../packages/apiserver/src/storage/versions.js';
import {
  Collector,
  configMap,
  eventually,
  newNamespace,
  query,
  type SuiteContext,
  watchFromNow,
} from './storage-harness.js';

const COUNT = 100;
const names = Array.from({ length: COUNT }, (_, index) => `n-${String(index).padStart(3, '0')}`);

export function describeBatches(suite: SuiteContext): void {
  describe('writes at the same time', () => {
    it('share transactions, and have versions of their own that a watch can resume at', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const whole = await watchFromNow(b, namespace);
      const make = (name: string) => a.configMaps.create({ namespace, name }, configMap(namespace, name), {});
      const made = await Promise.all(names.map(make));
      const changed = await Promise.all(
        made.map((object, index) =>
          index % 3 === 0
            ? a.configMaps.delete(object.key, object.version, {})
            : a.configMaps.update(object.key, configMap(namespace, object.key.name, { k: '2' }), object.version, {}),
        ),
      );

      const versions = [...made, ...changed].map(({ version }) => Number(version));
      expect(new Set(versions).size).toBe(2 * COUNT);
      expect(new Set(versions.map(revisionOf)).size).toBeLessThan(COUNT);
      const lines = [
        ...made.map((object) => line('ADDED', object)),
        ...changed.map((object, index) => line(index % 3 === 0 ? 'DELETED' : 'MODIFIED', object)),
      ].sort((left, right) => versionIn(left) - versionIn(right));
      await eventually(() => whole.lines.length === lines.length);
      await whole.stop();
      expect(whole.lines).toEqual(lines);

      for (const [index, version] of whole.versions.entries()) {
        if (index % 7 !== 0) continue;
        const resumed = new Collector((index % 2 ? a : b).configMaps, { namespace, resourceVersion: String(version) });
        await eventually(() => resumed.lines.length >= lines.length - index - 1);
        await resumed.stop();
        expect(resumed.lines).toEqual(lines.slice(index + 1));
      }
    });

    it('make a state each, which can be listed', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const made = await Promise.all(
        names.map((name) => a.configMaps.create({ namespace, name }, configMap(namespace, name), {})),
      );
      const inOrder = made.sort((left, right) => Number(left.version) - Number(right.version));
      for (const [index, { version }] of inOrder.entries()) {
        if (index % 7 !== 0) continue;
        const page = await b.configMaps.list(
          query({ namespace, resourceVersion: version, resourceVersionMatch: 'Exact' }),
        );
        const expected = inOrder.slice(0, index + 1).map((object) => object.key.name);
        expect(page.items.map(({ key }) => key.name)).toEqual(expected.sort());
      }
    });

    it('fail one by one', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      const present = await a.configMaps.create({ namespace, name: 'n-050' }, configMap(namespace, 'n-050'), {});
      const outcomes = await Promise.allSettled(
        names.map((name) => a.configMaps.create({ namespace, name }, configMap(namespace, name), {})),
      );
      const failed = outcomes.flatMap((outcome, index) =>
        outcome.status === 'rejected' ? [[names[index], outcome.reason]] : [],
      );
      expect(failed).toEqual([['n-050', expect.any(StorageConflict)]]);
      expect(failed[0]?.[1]).toMatchObject({ reason: 'exists', present: { version: present.version } });
      expect((await a.configMaps.list(query({ namespace }))).items).toHaveLength(COUNT);
    });

    it('fail alone where etcd refuses the whole for the sake of one', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      const large = configMap(namespace, 'large', { text: 'x'.repeat(2 * 1024 * 1024) });
      const few = names.slice(0, 20);
      const outcomes = await Promise.allSettled([
        a.configMaps.create({ namespace, name: 'large' }, large, {}),
        ...few.map((name) => a.configMaps.create({ namespace, name }, configMap(namespace, name), {})),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...few.map(() => 'fulfilled')]);
      expect(outcomes[0]).toMatchObject({ reason: { reason: 'RequestEntityTooLarge' } });
    });

    it('of one object follow each other', async () => {
      const { a } = suite.storages();
      const key = { namespace: newNamespace(), name: 'one' };
      const { configMaps } = a;
      const first = configMaps.create(key, configMap(key.namespace, 'one', { by: '1' }), {});
      const second = configMaps.create(key, configMap(key.namespace, 'one', { by: '2' }), {});
      const made = await first;
      await expect(second).rejects.toMatchObject({ reason: 'exists', present: { version: made.version } });
    });
  });
}

function line(type: string, { key, version }: StoredObject): string {
  return `${type} ${key.name}@${version}`;
}

function versionIn(text: string): number {
  return Number(text.slice(text.indexOf('@') + 1));
}
