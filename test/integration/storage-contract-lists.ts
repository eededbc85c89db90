import type { ApiError } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import type { StoredObject } from '../../packages/apiserver/src/storage/storage.js';
import {
  configMap,
  dataOf,
  namesOf,
  newNamespace,
  type OpenStorage,
  openStorage,
  query,
  type SuiteContext,
  seededRandom,
} from './storage-harness.js';

export function describeLists(suite: SuiteContext): void {
  describe('lists', () => {
    it('lists a namespace in order of the names, and only that namespace', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      await createAll(a, namespace, ['b', 'a', 'a-b', 'a.c', 'c']);
      await createAll(a, `${namespace}-more`, ['x']);
      const { items, continueToken, remainingItemCount } = await a.configMaps.list(query({ namespace }));
      expect(namesOf(items)).toEqual(['a', 'a-b', 'a.c', 'b', 'c']);
      expect([continueToken, remainingItemCount]).toEqual(['', undefined]);
      const matching = await a.configMaps.list(query({ namespace, matches: ({ key }) => key.name < 'b' }));
      expect(namesOf(matching.items)).toEqual(['a', 'a-b', 'a.c']);
    });

    it('pages through one snapshot while others write', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const random = seededRandom(7);
      const names = Array.from({ length: 40 }, (_, index) => `n-${String(index).padStart(2, '0')}`);
      const versions = await createAll(a, namespace, names);
      const snapshot = await a.configMaps.list(query({ namespace }));

      const seen: string[] = [];
      let page = await a.configMaps.list(query({ namespace, limit: 7 }));
      for (;;) {
        expect(page.version).toBe(snapshot.version);
        seen.push(...page.items.map((item) => `${item.key.name}@${item.version}`));
        if (page.continueToken === '') break;
        expect(page.remainingItemCount).toBe(40 - seen.length);
        for (let write = 0; write < 10; write++) await disturb(b, namespace, names, versions, random);
        // Any apiserver goes on with the token.
        page = await (random(2) ? a : b).configMaps.list(
          query({ namespace, limit: 7, continueToken: page.continueToken }),
        );
      }
      expect(seen).toEqual(snapshot.items.map((item) => `${item.key.name}@${item.version}`));
    });

    it('counts the limit after the selectors, and ends with the last match', async () => {
      const { a } = suite.storages();
      const namespace = newNamespace();
      await createAll(a, namespace, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
      const matches = ({ key }: StoredObject): boolean => key.name.startsWith('a');
      const first = await a.configMaps.list(query({ namespace, limit: 2, matches }));
      expect([namesOf(first.items), first.remainingItemCount]).toEqual([['a1', 'a2'], undefined]);
      const second = await a.configMaps.list(
        query({ namespace, limit: 2, matches, continueToken: first.continueToken }),
      );
      expect([namesOf(second.items), second.continueToken]).toEqual([['a3'], '']);
    });

    it('lists at exactly the version asked for, from the window and from etcd', async () => {
      const { a } = suite.storages();
      const narrow = await openStorage(suite.endpoint(), { window: { count: 2, bytes: 1_000_000 } });
      const namespace = newNamespace();
      const [one] = await createAll(a, namespace, ['one', 'two', 'three', 'four', 'five']);
      const exact = query({ namespace, resourceVersion: one ?? '', resourceVersionMatch: 'Exact' });
      for (const { configMaps } of [a, narrow]) {
        const { items, version } = await configMaps.list(exact);
        expect([namesOf(items), version]).toEqual([['one'], one]);
      }
      await narrow.close();
    });

    it('is not older than the version asked for, and refuses one from the future', async () => {
      const { a, b } = suite.storages();
      const namespace = newNamespace();
      const [version = ''] = await createAll(a, namespace, ['one']);
      const listed = await b.configMaps.list(
        query({ namespace, resourceVersion: version, resourceVersionMatch: 'NotOlderThan' }),
      );
      expect(namesOf(listed.items)).toEqual(['one']);
      expect((await b.configMaps.list(query({ namespace, resourceVersion: '0' }))).items).toHaveLength(1);
      const future = String(Number(listed.version) + 1_000_000);
      await expect(a.configMaps.list(query({ namespace, resourceVersion: future }))).rejects.toMatchObject({
        reason: 'Timeout',
        code: 504,
        message: expect.stringContaining(`Too large resource version: ${future}`),
        details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
      });
    });

    it('refuses tokens and versions that are none', async () => {
      const { a } = suite.storages();
      for (const [token, why] of [
        ['x', 'it is no JSON object'],
        ['==', 'illegal base64 data'],
        [tokenOf({}), 'server does not recognize this encoded version ""'],
        [tokenOf({ v: 'meta.k8s.io/v2' }), 'server does not recognize this encoded version "meta.k8s.io/v2"'],
        [tokenOf({ v: 'meta.k8s.io/v1', start: 'a' }), 'incorrect encoded start resourceVersion'],
        [tokenOf({ v: 'meta.k8s.io/v1', rv: 1 }), 'encoded start key empty'],
        [tokenOf({ v: 'meta.k8s.io/v1', rv: 1, start: '../a' }), '../a'],
      ]) {
        await expect(a.configMaps.list(query({ continueToken: token ?? '' }))).rejects.toMatchObject({
          reason: 'BadRequest',
          message: expect.stringContaining(`invalid continue token: continue key is not valid: ${why}`),
        });
      }
      await expect(a.configMaps.list(query({ resourceVersion: '1e3' }))).rejects.toMatchObject({
        reason: 'BadRequest',
      });
    });

    it('answers 410 for a page of a snapshot that etcd has compacted', async () => {
      const { a } = suite.storages();
      const narrow = await openStorage(suite.endpoint(), { window: { count: 2, bytes: 1_000_000 } });
      const namespace = newNamespace();
      await createAll(a, namespace, ['one', 'two', 'three', 'four']);
      const { continueToken, version } = await narrow.configMaps.list(query({ namespace, limit: 1 }));
      await createAll(a, namespace, ['five', 'six', 'seven']);
      // etcd still has it.
      expect(namesOf((await narrow.configMaps.list(query({ namespace, continueToken }))).items)).toEqual([
        'one',
        'three',
        'two',
      ]);
      await suite.compact();
      await expect(narrow.configMaps.list(query({ namespace, continueToken }))).rejects.toMatchObject({
        reason: 'Expired',
        code: 410,
        message: expect.stringContaining('The provided continue parameter is too old'),
        metadata: { continue: expect.any(String) },
      });
      // The rest of it, as it is now.
      const failure = await narrow.configMaps
        .list(query({ namespace, continueToken }))
        .catch((error: unknown) => error);
      const { metadata } = failure as ApiError;
      const rest = await narrow.configMaps.list(query({ namespace, continueToken: metadata?.continue ?? '' }));
      expect(namesOf(rest.items)).toEqual(['one', 'seven', 'six', 'three', 'two']);
      await expect(
        narrow.configMaps.list(query({ namespace, resourceVersion: version, resourceVersionMatch: 'Exact' })),
      ).rejects.toMatchObject({ reason: 'Expired', message: 'The resourceVersion for the provided list is too old.' });
      await narrow.close();
    });
  });
}

function tokenOf(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function createAll({ configMaps }: OpenStorage, namespace: string, names: readonly string[]): Promise<string[]> {
  const versions: string[] = [];
  for (const name of names) {
    versions.push((await configMaps.create({ namespace, name }, configMap(namespace, name), {})).version);
  }
  return versions;
}

/** Updates, deletes or makes again one of the objects. `versions` is kept up to date; "" is what does not exist. */
async function disturb(
  { configMaps }: OpenStorage,
  namespace: string,
  names: readonly string[],
  versions: string[],
  random: (below: number) => number,
): Promise<void> {
  const index = random(names.length);
  const name = random(5) === 0 ? `new-${random(1000)}` : (names[index] ?? '');
  const key = { namespace, name };
  const object = configMap(namespace, name, { disturbed: String(random(1000)) });
  const present = await configMaps.get(key);
  if (!present) versions[index] = (await configMaps.create(key, object, {})).version;
  else if (random(2)) await configMaps.delete(key, present.version, {});
  else expect(dataOf(await configMaps.update(key, object, present.version, {}))).toEqual(object.data);
}
