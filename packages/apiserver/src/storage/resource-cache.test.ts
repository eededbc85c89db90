import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { KeyValue } from './etcd/messages.js';
import { type CacheChange, ResourceCache } from './resource-cache.js';
import { decodeValue, encodeObject, encodeValue } from './stored-value.js';
import { lastVersionNumber, parseVersion, positionOf, revisionOf, versionNumber } from './versions.js';

const prefix = '/registry/configmaps/';

function kv(path: string, modRevision: number, createRevision = modRevision, position = 0): KeyValue {
  const [namespace = '', name = ''] = path.split('/');
  const encoded = encodeObject({ namespace, name }, {}, { apiVersion: 'v1', kind: 'ConfigMap' });
  const value = encodeValue(encoded, 'w', undefined, position);
  return { key: Buffer.from(prefix + path), createRevision, modRevision, value };
}

function putOf(path: string, revision: number, position = 0): CacheChange {
  const entry = kv(path, revision, revision, position);
  return { kind: 'put', path, kv: entry, value: decodeValue(entry.value) };
}

function deleteOf(path: string, revision: number, position = 0): CacheChange {
  return { kind: 'delete', path, number: versionNumber(revision, position), trace: undefined };
}

function put(cache: ResourceCache, revision: number, path: string): void {
  cache.apply([putOf(path, revision)]);
}

function remove(cache: ResourceCache, revision: number, ...paths: string[]): void {
  cache.apply(paths.map((path) => deleteOf(path, revision)));
}

function filled(...kvs: KeyValue[]): ResourceCache {
  const broken: string[] = [];
  const cache = new ResourceCache(prefix, { count: 100, bytes: 1_000_000, ageMs: 60_000 }, (key) => broken.push(key));
  cache.fill(kvs, 10);
  return cache;
}

function lines(cache: ResourceCache): string[] {
  const { window } = cache;
  return Array.from({ length: window.next - window.first }, (_, index) => {
    const { type, current, previous } = window.at(window.first + index)?.event ?? {};
    return `${type} ${current?.key.name} ${previous ? shown(previous.version) : '-'}→${shown(current?.version)}`;
  });
}

/** `7` for the first write of revision 7, `7.2` for its third, `7.63` for all of it. */
function shown(version = ''): string {
  const number = parseVersion(version);
  return `${revisionOf(number)}${positionOf(number) === 0 ? '' : `.${positionOf(number)}`}`;
}

function stateAt(cache: ResourceCache, revision: number, namespace = '', after = '', position = 63): string[] {
  const overlay = cache.overlayAt(versionNumber(revision, position), namespace);
  return cache
    .pathsWith(overlay, namespace, after)
    .flatMap((path) => (overlay.has(path) ? overlay.get(path) : cache.get(path)) ?? [])
    .map((object) => `${object.key.name}@${shown(object.version)}`);
}

describe('ResourceCache', () => {
  it('turns changes into events with what was before', () => {
    const cache = filled(kv('d/a', 3));
    put(cache, 11, 'd/b');
    put(cache, 12, 'd/a');
    remove(cache, 13, 'd/b');
    remove(cache, 14, 'd/absent');
    expect(lines(cache)).toEqual(['ADDED b -→11', 'MODIFIED a 3→12', 'DELETED b 11→13']);
  });

  it('gives deletions of one revision versions to resume from', () => {
    const cache = filled(kv('d/a', 3), kv('d/b', 4));
    remove(cache, 20, 'd/a', 'd/b');
    expect(lines(cache)).toEqual(['DELETED a 3→19.63', 'DELETED b 4→20']);
  });

  it('keeps the writes of one transaction apart', () => {
    const cache = filled(kv('d/a', 3), kv('d/b', 4));
    cache.apply([putOf('d/c', 11), putOf('d/a', 11, 1), deleteOf('d/b', 11, 2), putOf('d/d', 11, 3)]);
    expect(lines(cache)).toEqual(['ADDED c -→11', 'MODIFIED a 3→11.1', 'DELETED b 4→11.2', 'ADDED d -→11.3']);
    const states = [0, 1, 2, 3].map((position) => stateAt(cache, 11, 'd/', '', position));
    expect(states).toEqual([
      ['a@3', 'b@4', 'c@11'],
      ['a@11.1', 'b@4', 'c@11'],
      ['a@11.1', 'c@11'],
      ['a@11.1', 'c@11', 'd@11.3'],
    ]);
  });

  it('rebuilds every state of the window', () => {
    const cache = filled(kv('d/a', 3), kv('e/a', 4));
    put(cache, 11, 'd/b');
    put(cache, 12, 'd/a');
    remove(cache, 13, 'd/a');
    put(cache, 14, 'd/a');
    remove(cache, 15, 'd/b');
    const states = [10, 11, 12, 13, 14, 15].map((revision) => stateAt(cache, revision, 'd/'));
    expect(states).toEqual([['a@3'], ['a@3', 'b@11'], ['a@12', 'b@11'], ['b@11'], ['a@14', 'b@11'], ['a@14']]);
    expect(stateAt(cache, 11, '', 'd/a')).toEqual(['b@11', 'a@4']);
  });

  it('tells the differences to a listed state, deletions before what was made anew', () => {
    const cache = filled(kv('d/same', 1), kv('d/changed', 2), kv('d/gone', 3), kv('d/remade', 4));
    cache.replace([kv('d/same', 1), kv('d/changed', 30, 2), kv('d/remade', 25, 24), kv('d/new', 27)], 40);
    expect(lines(cache)).toEqual([
      'DELETED remade 4→24',
      'ADDED remade -→25',
      'ADDED new -→27',
      'MODIFIED changed 2→30',
      'DELETED gone 3→40.63',
    ]);
    expect(cache.completeSince).toBe(lastVersionNumber(40));
    expect(cache.paths('', '')).toEqual(['d/changed', 'd/new', 'd/remade', 'd/same']);
  });

  it('leaves out what is no object', () => {
    const broken: string[] = [];
    const cache = new ResourceCache(prefix, { count: 100, bytes: 1_000_000, ageMs: 60_000 }, (key) => broken.push(key));
    cache.fill([kv('d/a', 1), { ...kv('d/b', 2), value: Buffer.from('{}\nnonsense') }], 10);
    expect([cache.paths('', ''), broken]).toEqual([['d/a'], ['/registry/configmaps/d/b']]);
  });
});

describe('waking those who wait for changes', () => {
  it('leaves room for other work between a few and the next few', async () => {
    const cache = filled();
    const resumed: string[] = [];
    for (const name of 'abcdefghij') cache.onceChanged(() => resumed.push(name));
    const forget = cache.onceChanged(() => resumed.push('gone'));
    cache.wake();
    expect(resumed.join('')).toBe('abcd');
    // One that waits again hears of what comes next, after all who have not heard of the last change.
    cache.onceChanged(() => resumed.push('A'));
    cache.wake();
    expect(resumed.join('')).toBe('abcd');
    forget();
    await setImmediate();
    expect(resumed.join('')).toBe('abcdefgh');
    await setImmediate();
    expect(resumed.join('')).toBe('abcdefghijA');
    cache.wake();
    await setImmediate();
    expect(resumed).toHaveLength(11);
  });

  it('takes a bounded number of turns for however many', async () => {
    const cache = filled();
    let resumed = 0;
    for (let reader = 0; reader < 1000; reader++) cache.onceChanged(() => resumed++);
    cache.wake();
    expect(resumed).toBe(63);
    for (let turn = 1; turn < 16; turn++) await setImmediate();
    expect(resumed).toBe(1000);
  });
});
