import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { type ConformanceClient, conformanceClient, type Looked } from './conformance-client.js';
import { CONFORMANCE_KINDS, type ConformanceKind } from './conformance-kinds.js';

/** What Kubernetes 1.34's conformance tests ask of each kind's API, in their order and by their requests. */

let etcd: EtcdProcess;
let server: RunningApiserver;
let client: ConformanceClient;
const namespace = 'conformance';

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  client = conformanceClient(server);
  await client.create('/api/v1/namespaces', { metadata: { name: namespace } });
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

function paths({ apiVersion, plural, namespaced }: ConformanceKind) {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return {
    root,
    all: `${root}/${plural}`,
    collection: namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`,
  };
}

function newObject({ apiVersion, kind, plural, body }: ConformanceKind, suffix: string): Looked {
  const text = JSON.stringify(body).replaceAll('NAMESPACE', namespace);
  const name = kind === 'CSIDriver' ? `inline-driver-${suffix}` : `e2e-${kind.toLowerCase()}-${suffix}`;
  const metadata = {
    name,
    creationTimestamp: null,
    labels: { 'special-label': `${apiVersion.replace('/', '.')}-${plural}` },
  };
  return { kind, apiVersion, metadata, ...JSON.parse(text) };
}

const selectorOf = ({ apiVersion, plural }: ConformanceKind) =>
  `labelSelector=special-label%3D${apiVersion.replace('/', '.')}-${plural}`;
const namesOf = ({ items }: Looked): string[] => items.map(({ metadata }: Looked) => metadata.name);

async function discovers(kind: ConformanceKind): Promise<void> {
  const { root } = paths(kind);
  const [group = '', version = ''] = kind.apiVersion.split('/');
  if (version !== '') {
    const { groups } = await client.get('/apis');
    const found = groups.find(({ name }: Looked) => name === group);
    expect(found.versions).toContainEqual({ groupVersion: kind.apiVersion, version });
    const { versions } = await client.get(`/apis/${group}`);
    expect(versions).toContainEqual({ groupVersion: kind.apiVersion, version });
  }
  const { resources } = await client.get(root);
  const row = resources.find(({ name }: Looked) => name === kind.plural);
  expect(row).toMatchObject({ kind: kind.kind, namespaced: kind.namespaced });
  expect(row.verbs).toEqual(
    ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'].filter(
      // A namespace goes alone only.
      (verb) => verb !== 'deletecollection' || kind.plural !== 'namespaces',
    ),
  );
  if (kind.status)
    expect(resources.find(({ name }: Looked) => name === `${kind.plural}/status`)?.verbs).toEqual([
      'get',
      'patch',
      'update',
    ]);
}

/** Creates three, reads them by name and by label, here and in all namespaces. */
async function creates(kind: ConformanceKind): Promise<Looked> {
  const { collection, all } = paths(kind);
  const created: Looked[] = [];
  for (const suffix of ['a', 'b', 'c']) created.push(await client.create(collection, newObject(kind, suffix)));
  const [first] = created;
  expect(first).toMatchObject({ kind: kind.kind, apiVersion: kind.apiVersion });
  expect(await client.get(`${collection}/${first.metadata.name}`)).toEqual(first);
  const again = await client.ask('POST', collection, newObject(kind, 'a'));
  expect([again.status, again.json.reason]).toEqual([409, 'AlreadyExists']);
  const here = await client.get(`${collection}?${selectorOf(kind)}`);
  expect(here).toMatchObject({ kind: `${kind.kind}List`, apiVersion: kind.apiVersion });
  expect(namesOf(here).sort()).toEqual(created.map(({ metadata }) => metadata.name));
  expect(namesOf(await client.get(`${all}?${selectorOf(kind)}`)).sort()).toEqual(namesOf(here).sort());
  return first;
}

/** By every type of patch and by PUT, seen by a watch from the list's version. */
async function changes(kind: ConformanceKind, { metadata }: Looked): Promise<void> {
  const { collection } = paths(kind);
  const path = `${collection}/${metadata.name}`;
  const { metadata: list } = await client.get(`${collection}?${selectorOf(kind)}`);
  const watch = await client.watch(`${collection}?${selectorOf(kind)}&resourceVersion=${list.resourceVersion}`);
  try {
    const merged = await client.patch(path, { metadata: { annotations: { patched: 'true' } } });
    expect(merged.metadata.annotations.patched).toBe('true');
    expect(merged.metadata.generation, 'metadata counts for no generation').toBe(metadata.generation);
    await watch.until('MODIFIED', (object) => object.metadata.annotations?.patched === 'true');
    const strategic = { metadata: { labels: { strategic: 'true' } } };
    await client.patch(path, strategic, 'strategic-merge-patch');
    await client.patch(path, [{ op: 'add', path: '/metadata/labels/json', value: 'patched' }], 'json-patch');
    const read = await client.get(path);
    expect(read.metadata.labels).toMatchObject({ strategic: 'true', json: 'patched' });
    read.metadata.annotations.updated = 'true';
    kind.change?.(read);
    const updated = await client.update(path, read);
    expect(updated.metadata.annotations).toMatchObject({ patched: 'true', updated: 'true' });
    expect(updated).toMatchObject(kind.changed ?? {});
    await watch.until('MODIFIED', (object) => object.metadata.annotations?.updated === 'true');
    const stale = await client.ask('PUT', path, read);
    expect([stale.status, stale.json.reason]).toEqual([409, 'Conflict']);
    const dry = await client.patch(`${path}?dryRun=All&fieldManager=e2e`, { metadata: { labels: { dry: 'true' } } });
    expect(dry.metadata.labels.dry).toBe('true');
    expect((await client.get(path)).metadata.labels).not.toHaveProperty('dry');
  } finally {
    watch.close();
  }
}

async function writesStatus({ status, ...kind }: ConformanceKind, { metadata }: Looked): Promise<void> {
  if (!status) return;
  const path = `${paths(kind).collection}/${metadata.name}`;
  const got = await client.get(`${path}/status`);
  expect(got).toMatchObject({ kind: kind.kind, apiVersion: kind.apiVersion, metadata: { uid: metadata.uid } });
  const patched = await client.patch(`${path}/status`, {
    metadata: { annotations: { patchedstatus: 'true' } },
    status: status.patch,
  });
  expect(patched.status).toMatchObject(withoutNulls(status.patch));
  expect(patched.metadata.annotations.patchedstatus).toBe('true');
  const read = await client.get(path);
  status.update(read.status);
  const updated = await client.update(`${path}/status`, read);
  expect(updated.status).toMatchObject(withoutNulls(read.status));
  expect((await client.get(`${path}/status`)).status).toEqual(updated.status);
  expect(updated.spec).toEqual(got.spec);
}

/** A time that is not set is written as null by Go, and is none. */
const withoutNulls = (value: Looked): Looked =>
  JSON.parse(JSON.stringify(value, (_, member) => (member === null ? undefined : member)));

async function deletes(kind: ConformanceKind, { metadata }: Looked): Promise<void> {
  const { collection } = paths(kind);
  const { metadata: list } = await client.get(`${collection}?${selectorOf(kind)}`);
  const watch = await client.watch(`${collection}?${selectorOf(kind)}&resourceVersion=${list.resourceVersion}`);
  try {
    const path = `${collection}/${metadata.name}`;
    const now = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, propagationPolicy: 'Background' };
    const wrong = await client.ask('DELETE', path, { ...now, preconditions: { uid: 'another' } });
    expect([wrong.status, wrong.json.reason]).toEqual([409, 'Conflict']);
    const answer = await client.remove(path, now);
    if (RETURNED.has(kind.kind)) expect(answer).toMatchObject({ kind: kind.kind, metadata: { uid: metadata.uid } });
    if (kind.plural === 'namespaces') return;
    await loseProtection(path);
    const gone = await watch.until('DELETED');
    expect(gone.metadata).toMatchObject({ name: metadata.name, uid: metadata.uid });
    const missed = await client.ask('GET', path);
    expect([missed.status, missed.json.reason]).toEqual([404, 'NotFound']);
    const { items } = await client.get(`${collection}?${selectorOf(kind)}`);
    expect(items).toHaveLength(2);
    const rest = await client.remove(`${collection}?${selectorOf(kind)}`, now);
    expect(rest.items ?? []).toHaveLength(rest.kind === 'Status' ? 0 : 2);
    for (const item of items) await loseProtection(`${collection}/${item.metadata.name}`);
    expect((await client.get(`${collection}?${selectorOf(kind)}`)).items).toEqual([]);
  } finally {
    watch.close();
  }
}

/** A delete of these answers with the object, by Kubernetes' OpenAPI document. */
const RETURNED: ReadonlySet<string> = new Set([
  'CSIDriver',
  'CSINode',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceQuota',
  'Service',
  'ServiceAccount',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

/** Where the storage controllers would let a volume or a claim go. */
async function loseProtection(path: string): Promise<void> {
  if (!/\/persistentvolume(claim)?s\//.test(path)) return;
  expect((await client.get(path)).metadata.deletionTimestamp).toBeDefined();
  await client.patch(path, { metadata: { finalizers: null } });
}

describe.each(CONFORMANCE_KINDS)('[sig-$sig] $apiVersion $kind', (kind) => {
  let object: Looked;

  test('is in the discovery documents', () => discovers(kind));

  test('is created, read and listed', async () => {
    object = await creates(kind);
  });

  test('is patched, updated and watched', () => changes(kind, object));

  if (kind.status) test('has a status of its own', () => writesStatus(kind, object));

  test('is deleted, and a collection of it', () => deletes(kind, object));
});
