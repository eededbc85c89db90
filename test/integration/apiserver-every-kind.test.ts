import { apiVersionOf, parseYaml, servedResources } from '@kubelab/api';
import { type EtcdProcess, startEtcd } from '@kubelab/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { NOT_IN_KIND, uncovered } from './every-kind/coverage.js';
import {
  collectionOf,
  EVERY_KIND,
  EVERY_OBJECT,
  type EveryObject,
  NAMESPACES,
  OWN_LABEL,
  resourceOf,
} from './every-kind/every-object.js';
import { initialEvents } from './every-kind/watch-events.js';

// Every kind that is served, made from as little as it takes and from all that
// can be said of it; read back in every form; applied again.

let etcd: EtcdProcess;
let server: RunningApiserver;
/** What was answered when it was made, by path. */
const made = new Map<string, Answer['json']>();

beforeAll(async () => {
  etcd = await startEtcd();
  server = await startApiserver({ etcd: etcd.endpoint });
  for (const name of NAMESPACES) {
    await server.fetch('/api/v1/namespaces', { method: 'POST', body: { metadata: { name } } });
  }
});

afterAll(async () => {
  await server?.stop();
  await etcd?.stop();
});

const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const PARTIAL_LIST = PARTIAL.replace('Metadata', 'MetadataList');
const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const titleOf = ({ manifest, variant }: EveryObject) => `${manifest.apiVersion} ${manifest.kind} ${variant}`;
const OBJECTS = EVERY_OBJECT.map((object) => ({ title: titleOf(object), object }));
/** One a collection: views of a stored kind are collections of their own. */
const COLLECTIONS = EVERY_KIND.map(({ apiVersion, kind, namespace = 'every-kind' }) => {
  const resource = resourceOf({ apiVersion, kind });
  const path = collectionOf(resource, resource.namespaced ? namespace : undefined);
  return { title: `${apiVersion} ${kind}`, apiVersion, kind, resource, path };
});

function readYaml(text: string): Answer['json'] {
  return parseYaml(text, { findDuplicates: true }).value;
}

async function get(path: string, accept = 'application/json'): Promise<Answer> {
  const answer = await server.fetch(path, { headers: { accept } });
  expect(answer.status, `${path}: ${answer.text}`).toBe(200);
  return answer;
}

describe('the manifests', () => {
  test('are of every kind that discovery lists', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const [core, groups] = await Promise.all([get('/api', accept), get('/apis', accept)]);
    const discovered: { name: string; verbs: string[] }[] = [];
    for (const { metadata, versions } of [...core.json.items, ...groups.json.items]) {
      for (const { version, resources } of versions) {
        const apiVersion = metadata.name ? `${metadata.name}/${version}` : version;
        for (const { responseKind, verbs } of resources) {
          discovered.push({ name: `${apiVersion} ${responseKind.kind}`, verbs });
        }
      }
    }
    expect(discovered.map(({ name }) => name).sort()).toEqual(
      servedResources.map((resource) => `${apiVersionOf(resource)} ${resource.kind}`).sort(),
    );
    const kept = discovered.filter(({ verbs }) => verbs.includes('create') && verbs.includes('get'));
    expect(kept.map(({ name }) => name).sort()).toEqual(
      EVERY_KIND.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`).sort(),
    );
  });

  test.each(COLLECTIONS)('of $title have every field', ({ title, resource }) => {
    const full = EVERY_KIND.find(({ apiVersion, kind }) => `${apiVersion} ${kind}` === title)?.full ?? [];
    const unset = uncovered(resource.definition, full).filter((field) => !NOT_IN_KIND[title]?.includes(field));
    expect(unset).toEqual([]);
  });
});

describe('what is made', () => {
  test.each(OBJECTS)('of $title is what was sent, and defaults', async ({ object }) => {
    const { collection, manifest, path } = object;
    const { status, json, text } = await server.fetch(`${collection}?fieldValidation=Strict`, {
      method: 'POST',
      body: manifest,
    });
    expect(status, text).toBe(201);
    expect(json).toMatchObject(manifest);
    made.set(path, json);
  });

  test('has the defaults that Kubernetes gives', async () => {
    const minimal = EVERY_OBJECT.filter(({ variant }) => variant === 'minimal');
    const read = minimal.map((object) => [titleOf(object), withoutChance(made.get(object.path))]);
    const text = `${JSON.stringify(Object.fromEntries(read), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../golden/every-kind-defaults.json');
  });
});

/** Without what differs from run to run. */
function withoutChance(object: Answer['json']): unknown {
  const { metadata, ...rest } = structuredClone(object);
  const { creationTimestamp, managedFields, resourceVersion, uid, ...fixed } = metadata;
  expect({ creationTimestamp, managedFields, resourceVersion, uid }).toEqual({
    creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    managedFields: expect.any(Array),
    resourceVersion: expect.stringMatching(/^\d+$/),
    uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  const text = JSON.stringify({ metadata: fixed, ...rest }).replaceAll(uid, 'UID');
  const fixedText = text
    .replace(/"10\.\d+\.\d+\.\d+"/g, '"CLUSTER-IP"')
    .replace(/("lastPhaseTransitionTime"):"[^"]*"/, '$1:"TIME"')
    .replace(/X509SHA256=[0-9a-f]{64}/, 'X509SHA256=DIGEST');
  return JSON.parse(fixedText);
}

describe('one object', () => {
  test.each(OBJECTS)(
    'of $title is the same as JSON, YAML, a row and metadata',
    async ({ object: { path, manifest, name } }) => {
      const [json, yaml, partial, table, whole, none] = await Promise.all([
        get(path),
        get(path, 'application/yaml'),
        get(path, PARTIAL),
        get(path, TABLE),
        get(`${path}?includeObject=Object`, TABLE),
        get(`${path}?includeObject=None`, TABLE),
      ]);
      expect(json.json).toEqual(made.get(path));
      expect(yaml.headers['content-type']).toBe('application/yaml');
      expect(readYaml(yaml.text)).toEqual(json.json);
      const { metadata } = json.json;
      expect(partial.json).toEqual({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata });
      for (const { json: shown } of [table, whole, none]) {
        expect(shown).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
        expect(shown.rows).toHaveLength(1);
        expect(shown.rows[0].cells).toHaveLength(shown.columnDefinitions.length);
        expect(shown.rows[0].cells[0]).toEqual(shownName(manifest.kind, name));
      }
      expect(table.json.rows[0].object).toEqual(partial.json);
      expect(whole.json.rows[0].object).toEqual(json.json);
      expect(none.json.rows[0].object).toBeNull();
    },
  );
});

/** Events have no column of their name. */
function shownName(kind: string, name: string): unknown {
  return kind === 'Event' ? expect.any(String) : name;
}

describe('a collection', () => {
  /** Items are without their type. */
  const itemsOf = (apiVersion: string, kind: string, items: object[]) =>
    Object.fromEntries(items.map((item) => [(item as Answer['json']).metadata.name, { apiVersion, kind, ...item }]));

  test.each(COLLECTIONS)('of $title has them in every form', async ({ path, apiVersion, kind }) => {
    const own = EVERY_OBJECT.filter(
      (object) => object.manifest.apiVersion === apiVersion && object.manifest.kind === kind,
    );
    const selected = `${path}?labelSelector=${encodeURIComponent(OWN_LABEL)}`;
    const [json, yaml, partial, table] = await Promise.all([
      get(selected),
      get(selected, 'application/yaml'),
      get(selected, PARTIAL_LIST),
      get(`${selected}&includeObject=Object`, TABLE),
    ]);
    expect(json.json).toMatchObject({ kind: `${kind}List`, apiVersion });
    const items = itemsOf(apiVersion, kind, json.json.items);
    for (const object of own) expect(items[object.name]).toEqual(made.get(object.path));
    const { items: inYaml, ...listInYaml } = readYaml(yaml.text);
    expect(inYaml).toEqual(json.json.items);
    expect(listInYaml).toMatchObject({ kind: `${kind}List`, apiVersion });
    expect(partial.json).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(partial.json.items.map(({ metadata }: Answer['json']) => metadata)).toEqual(
      json.json.items.map(({ metadata }: Answer['json']) => metadata),
    );
    expect(table.json.rows.map(({ object }: Answer['json']) => object.metadata.name)).toEqual(
      json.json.items.map(({ metadata }: Answer['json']) => metadata.name),
    );
  });

  test.each(COLLECTIONS)('of $title is watched in every form', async ({ path, apiVersion, kind }) => {
    const own = EVERY_OBJECT.filter(
      (object) => object.manifest.apiVersion === apiVersion && object.manifest.kind === kind,
    );
    const [json, partial, table] = await Promise.all(
      ['application/json', PARTIAL, TABLE].map((accept) => initialEvents(server, path, accept)),
    );
    expect(new Set([json, partial, table].flatMap((events) => events?.map(({ type }) => type)))).toEqual(
      new Set(['ADDED']),
    );
    for (const object of own) {
      const whole = made.get(object.path);
      expect(json?.find((event) => event.object.metadata.name === object.name)?.object).toEqual(whole);
      expect(partial?.find((event) => event.object.metadata.name === object.name)?.object).toEqual({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: whole.metadata,
      });
      const rows = table?.flatMap((event) => event.object.rows) ?? [];
      expect(rows.find((row) => row.object.metadata.name === object.name)?.object.metadata).toEqual(whole.metadata);
    }
  });
});

describe('kubectl', () => {
  /** As kubectl names a resource of one version. */
  const typesOf = (collections: typeof COLLECTIONS): string =>
    collections
      .map(({ resource: { plural, version, group } }) => (group === '' ? plural : `${plural}.${version}.${group}`))
      .join(',');
  const types = typesOf(COLLECTIONS);
  const own = ['--all-namespaces', '-l', OWN_LABEL];

  async function kubectl(args: readonly string[], stdin?: string): Promise<string> {
    const { stdout, stderr, code } = await server.kubectl(args, stdin === undefined ? {} : { stdin });
    expect(code, stderr).toBe(0);
    return stdout;
  }
  const linesOf = (text: string | undefined): string[] => (text ?? '').trimEnd().split('\n');
  /** Views show what was made through another version as well. */
  const keyOf = ({ apiVersion, kind, metadata }: Answer['json']): string => `${apiVersion} ${kind} ${metadata.name}`;

  test.each(['json', 'yaml'])('get -o %s gives every object', async (format) => {
    const text = await kubectl(['get', types, ...own, '-o', format, '--show-managed-fields']);
    const list = format === 'json' ? JSON.parse(text) : readYaml(text);
    expect(list).toMatchObject({ apiVersion: 'v1', kind: 'List' });
    const items = new Map(list.items.map((item: Answer['json']) => [keyOf(item), item]));
    for (const { manifest, path } of EVERY_OBJECT) expect(items.get(keyOf(manifest))).toEqual(made.get(path));
  });

  test('get -o name, wide, jsonpath and custom-columns name every object', async () => {
    const range = 'jsonpath={range .items[*]}{.kind} {.metadata.name}{"\\n"}{end}';
    const formats = ['name', 'wide', range, 'custom-columns=KIND:.kind,NAME:.metadata.name'];
    const [names, wide, ranged, columns] = await Promise.all(
      formats.map((format) => kubectl(['get', types, ...own, '-o', format])),
    );
    for (const { resource, manifest, name } of EVERY_OBJECT) {
      const typed = `${resource.singular}${resource.group === '' ? '' : `.${resource.group}`}/${name}`;
      expect(linesOf(names)).toContain(typed);
      expect(linesOf(ranged)).toContain(`${manifest.kind} ${name}`);
      expect(columns).toMatch(new RegExp(`^${manifest.kind} +${name}$`, 'm'));
      if (manifest.kind !== 'Event') expect(wide).toMatch(new RegExp(`(^| )${typed} `, 'm'));
    }
  });

  /** kubectl 1.33 and older describe these in a version that no server of 1.34 has switched on. */
  const NOT_DESCRIBED = ['IPAddress', 'ServiceCIDR', 'VolumeAttributesClass'];

  test('describe tells of every object', async () => {
    const described = COLLECTIONS.filter(({ kind }) => !NOT_DESCRIBED.includes(kind));
    const text = await kubectl(['describe', typesOf(described), ...own]);
    for (const { name, manifest } of EVERY_OBJECT) {
      if (!NOT_DESCRIBED.includes(manifest.kind)) expect(text).toMatch(new RegExp(`^Name: +${name}$`, 'm'));
    }
  });

  test.each<[string, string[]]>([
    ['apply', []],
    ['apply --server-side', ['--server-side', '--force-conflicts']],
  ])('%s changes nothing the second time', { timeout: 600_000 }, async (_title, flags) => {
    // A RuntimeClass writes into its pods' nodeSelector, which is applied as a whole or not at all.
    const applied = EVERY_OBJECT.filter(({ manifest, variant }) => manifest.kind !== 'Pod' || variant !== 'full-0');
    const items = applied.map(({ manifest }) => manifest);
    // Not in a List: what is in one, kubectl looks into itself.
    const stdin = items.map((manifest) => JSON.stringify(manifest)).join('\n');
    const present = async () => {
      const text = await kubectl(['get', types, ...own, '-o', 'json', '--show-managed-fields']);
      const list = JSON.parse(text) as { items: Answer['json'][] };
      return new Map(list.items.map((item) => [keyOf(item), item]));
    };
    await kubectl(['apply', ...flags, '-f', '-'], stdin);
    const before = await present();
    await kubectl(['apply', ...flags, '-f', '-'], stdin);
    expect(await present()).toEqual(before);
    for (const manifest of items) expect(before.get(keyOf(manifest))).toMatchObject(manifest);
  });
});
