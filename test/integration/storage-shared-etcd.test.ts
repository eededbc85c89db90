import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyExternalEtcd } from '../../packages/cli/src/cluster/external-etcd.js';
import {
  Collector,
  configMap,
  dataOf,
  eventually,
  namesOf,
  type OpenStorage,
  openStorage,
  query,
  watchFromNow,
} from './storage-harness.js';

// An etcd that holds two clusters and what somebody else keeps there.

const namespace = 'shared';
const PREFIX = '/kubelab/second';
let etcd: EtcdProcess;
let first: OpenStorage;
let second: OpenStorage;

beforeAll(async () => {
  etcd = await startEtcd();
  await etcdctl('put', '/other/app', 'theirs');
  await etcdctl('put', `${PREFIX}-like`, 'theirs too');
  first = await openStorage(etcd.endpoint);
  second = await openStorage(etcd.endpoint, { prefix: PREFIX });
});

afterAll(async () => {
  await first?.close();
  await second?.close();
  await etcd?.stop();
});

async function etcdctl(...args: string[]): Promise<string> {
  const environment = { ...process.env, ETCDCTL_API: '3' };
  const { stdout } = await promisify(execFile)('etcdctl', [`--endpoints=${etcd.endpoint}`, ...args], {
    env: environment,
  });
  return stdout.trim();
}

it('clusters under different prefixes see nothing of each other', async () => {
  const key = { namespace, name: 'one' };
  const ofFirst = await watchFromNow(first, namespace);
  const ofSecond = await watchFromNow(second, namespace);
  const made = await first.configMaps.create(key, configMap(namespace, 'one', { of: 'first' }), {});
  const own = await second.configMaps.create(key, configMap(namespace, 'one', { of: 'second' }), {});
  const many = Array.from({ length: 40 }, (_, index) => `many-${String(index).padStart(2, '0')}`);
  await Promise.all(many.map((name) => second.configMaps.create({ namespace, name }, configMap(namespace, name), {})));
  await first.configMaps.update(key, configMap(namespace, 'one', { of: 'first again' }), made.version, {});
  expect(dataOf(await second.configMaps.get(key))).toEqual({ of: 'second' });
  await expect(
    second.configMaps.update(key, configMap(namespace, 'one', { of: 'nobody' }), made.version, {}),
  ).rejects.toMatchObject({ present: { version: own.version } });
  const gone = await second.configMaps.delete(key, own.version, {});
  expect(dataOf(gone)).toEqual({ of: 'second' });

  const { items } = await second.configMaps.list(query({ namespace }));
  expect(namesOf(items)).toEqual(many);
  expect(namesOf((await first.configMaps.list(query({ namespace }))).items)).toEqual(['one']);
  await eventually(() => ofSecond.lines.length === many.length + 2 && ofFirst.lines.length === 2);
  await ofFirst.stop();
  await ofSecond.stop();
  expect(ofFirst.lines.map((line) => line.split('@')[0])).toEqual(['ADDED one', 'MODIFIED one']);
  expect(ofSecond.lines.at(-1)).toBe(`DELETED one@${gone.version}`);
});

it('one that starts anew finds what it had, and resumes its watches', async () => {
  const { version } = await second.configMaps.list(query({ namespace }));
  await second.configMaps.create({ namespace, name: 'later' }, configMap(namespace, 'later'), {});
  await second.close();
  second = await openStorage(etcd.endpoint, { prefix: PREFIX });
  expect((await second.configMaps.list(query({ namespace }))).items).toHaveLength(41);
  const resumed = new Collector(second.configMaps, { namespace, resourceVersion: version });
  await eventually(() => resumed.lines.length === 1);
  await resumed.stop();
  expect(resumed.lines[0]).toMatch(/^ADDED later@/);
});

it('what goes with a cluster is its own, and nothing else', async () => {
  const before = await etcdctl('get', '/registry/', '--prefix', '--keys-only');
  expect(await emptyExternalEtcd({ servers: ['http://127.0.0.1:1', etcd.endpoint], prefix: PREFIX })).toBeGreaterThan(
    40,
  );
  expect(await etcdctl('get', '/kubelab/', '--prefix', '--keys-only')).toBe(`${PREFIX}-like`);
  expect(await etcdctl('get', '/other/app', '--print-value-only')).toBe('theirs');
  expect(await etcdctl('get', '/registry/', '--prefix', '--keys-only')).toBe(before);
  await expect(emptyExternalEtcd({ servers: ['http://127.0.0.1:1'], prefix: PREFIX })).rejects.toThrow('ECONNREFUSED');
});
