import { apiVersionOf, definitions, fieldsOf, type SchemaNode, servedResources } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { protobufToJson } from './decode-protobuf.js';
import {
  encodeMessage,
  encodeProtobuf,
  encodeProtobufEvent,
  encodeProtobufList,
  isEncodable,
  withoutLength,
} from './encode-protobuf.js';

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap', definition: 'ConfigMap' };
/** Of what answers hold beside the kinds themselves. */
const OTHERS = ['Status', 'ListMeta', 'Scale', 'Binding', 'Eviction', 'TokenRequest', 'DeleteOptions', 'Condition'];
const DISCOVERY = ['APIVersions', 'APIGroupList', 'APIGroup', 'APIResourceList'];

let count = 0;

/** A value for everything that a definition can hold, no two texts or numbers alike. */
function fullOf(definition: string): Record<string, unknown> {
  const properties = Object.entries(definitions[definition]?.properties ?? {});
  return Object.fromEntries(
    properties.filter(([name]) => !isType(definition, name)).map(([name, node]) => [name, sampleOf(node)]),
  );
}

/** What an object is stands in its envelope; in references it is a field like others. */
function isType(definition: string, name: string): boolean {
  if (name !== 'kind' && name !== 'apiVersion') return false;
  return ![...(fieldsOf(definition)?.values() ?? [])].some((field) => field.name === name);
}

function sampleOf(node: SchemaNode): unknown {
  count += 1;
  if (node.ref !== undefined) return fullOf(node.ref);
  switch (node.format) {
    case 'date-time':
      return new Date(Date.UTC(2026, 0, 1) + count * 1000).toISOString().replace('.000', '');
    case 'date-time-micro':
      return `2026-01-01T00:00:00.${String(count % 1_000_000).padStart(6, '0')}Z`;
    case 'quantity':
      return `${count}m`;
    case 'int-or-string':
      return count % 2 === 0 ? count : `${count}%`;
    case 'byte':
      return Buffer.from(`bytes ${count}`).toString('base64');
    default:
  }
  switch (node.type) {
    case 'array':
      return [sampleOf(node.items ?? {}), sampleOf(node.items ?? {})];
    case 'object':
      return { b: sampleOf(node.additionalProperties ?? {}), a: sampleOf(node.additionalProperties ?? {}) };
    case 'integer':
      return count % 3 === 0 ? -count : count * 1000;
    case 'boolean':
      return true;
    case 'any':
      return { json: [count] };
    default:
      return `text ${count}`;
  }
}

function decoded(definition: string, bytes: Buffer): unknown {
  return JSON.parse(protobufToJson(definition, bytes).toString());
}

describe('every kind that is served', () => {
  test.each(servedResources.map((row) => [`${apiVersionOf(row)} ${row.kind}`, row] as const))(
    '%s has its numbers, and comes back as it was, with every field of it set',
    (_name, { definition, kind, ...row }) => {
      const type = { apiVersion: apiVersionOf(row), kind };
      const object = { ...type, ...fullOf(definition) };
      expect(isEncodable(definition)).toBe(true);
      expect(decoded(definition, encodeProtobuf({ ...type, definition }, object))).toEqual(object);
    },
  );

  test.each([...OTHERS, ...DISCOVERY])('and so does %s', (definition) => {
    const object = fullOf(definition);
    const bytes = encodeProtobuf({ apiVersion: '', kind: '', definition }, object);
    expect(decoded(definition, bytes)).toEqual(object);
  });
});

test('a definition without numbers is not encoded', () => {
  expect(isEncodable('NoSuchThing')).toBe(false);
  expect(isEncodable('toString')).toBe(false);
  expect(() => encodeProtobuf({ ...CONFIG_MAP, definition: 'NoSuchThing' }, {})).toThrow(/NoSuchThing/);
});

test('the bytes are those that Go writes', () => {
  const metadata = { name: 'a', labels: { z: '1', b: '' }, creationTimestamp: '1970-01-01T00:00:05Z', generation: -1 };
  const inner = Buffer.concat([
    Buffer.from([0x0a, 1, ...Buffer.from('a'), 0x38, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
    Buffer.from([0x42, 2, 0x08, 5]),
    Buffer.from([0x5a, 5, 0x0a, 1, ...Buffer.from('b'), 0x12, 0]),
    Buffer.from([0x5a, 6, 0x0a, 1, ...Buffer.from('z'), 0x12, 1, ...Buffer.from('1')]),
  ]);
  const raw = Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
  const type = Buffer.concat([
    Buffer.from([0x0a, 2]),
    Buffer.from('v1'),
    Buffer.from([0x12, 9]),
    Buffer.from('ConfigMap'),
  ]);
  expect(encodeProtobuf(CONFIG_MAP, { metadata })).toEqual(
    Buffer.concat([
      Buffer.from('k8s\0'),
      Buffer.from([0x0a, type.length]),
      type,
      Buffer.from([0x12, raw.length]),
      raw,
      Buffer.from([0x1a, 0, 0x22, 0]),
    ]),
  );
});

test('texts of every kind and length', () => {
  const data = Object.fromEntries(
    ['', 'a', 'ü', '日本語', '😀', 'x'.repeat(49), 'é'.repeat(200), 'y'.repeat(300_000)].map((text, index) => [
      `key-${index}`,
      text,
    ]),
  );
  expect(decoded('ConfigMap', encodeProtobuf(CONFIG_MAP, { data }))).toMatchObject({ data });
  // The writer starts afresh after a large one, and after one that failed.
  const broken = {
    data,
    get metadata(): never {
      throw new Error('broken');
    },
  };
  expect(() => encodeProtobuf(CONFIG_MAP, broken)).toThrow('broken');
  expect(decoded('ConfigMap', encodeProtobuf(CONFIG_MAP, { data: { a: 'b' } }))).toMatchObject({ data: { a: 'b' } });
});

test('what is empty on purpose stays, what is null or unset does not', () => {
  const volume = { name: 'v', emptyDir: {} };
  const spec = {
    containers: [],
    volumes: [volume],
    securityContext: {},
    priority: 0,
    hostUsers: false,
    affinity: null,
  };
  const pod = { metadata: { name: 'p', creationTimestamp: null }, spec };
  const bytes = encodeProtobuf({ apiVersion: 'v1', kind: 'Pod', definition: 'Pod' }, pod);
  expect(decoded('Pod', bytes)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { volumes: [volume], securityContext: {}, priority: 0, hostUsers: false },
  });
});

test('a list has its metadata and, in their order, its items', () => {
  const type = { ...CONFIG_MAP, kind: 'ConfigMapList' };
  const items = [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }];
  const bytes = encodeProtobufList(
    type,
    { resourceVersion: '7', remainingItemCount: 0 },
    items.map((item) => encodeMessage('ConfigMap', item)),
  );
  // A list reads like a message of two fields; that of the items is repeated.
  expect(bytes.includes(Buffer.from([0x0a, 5, 0x12, 1, ...Buffer.from('7'), 0x20, 0]))).toBe(true);
  expect(bytes.indexOf(Buffer.from([0x12, 5, 0x0a, 3, 0x0a, 1, ...Buffer.from('a')]))).toBeGreaterThan(0);
  expect(bytes.indexOf('a')).toBeLessThan(bytes.lastIndexOf('b'));
});

test("v1beta1's list of metadata has its numbers the other way round", () => {
  const kind = 'PartialObjectMetadataList';
  const item = encodeMessage('PartialObjectMetadata', { metadata: { name: 'a' } });
  const named = Buffer.from([5, 0x0a, 3, 0x0a, 1, ...Buffer.from('a')]);
  const tagIn = (apiVersion: string) => {
    const bytes = encodeProtobufList({ kind, apiVersion }, {}, [item]);
    return bytes[bytes.indexOf(named) - 1];
  };
  expect([tagIn('meta.k8s.io/v1'), tagIn('meta.k8s.io/v1beta1')]).toEqual([0x12, 0x0a]);
});

test('an event is a length, a WatchEvent without an envelope, and an object within one', () => {
  const object = encodeProtobuf(CONFIG_MAP, { metadata: { name: 'a' } });
  const event = Buffer.concat([
    Buffer.from([0x0a, 5]),
    Buffer.from('ADDED'),
    Buffer.from([0x12, object.length + 2, 0x0a, object.length]),
    object,
  ]);
  const frame = encodeProtobufEvent('ADDED', CONFIG_MAP, { metadata: { name: 'a' } });
  expect(frame).toEqual(Buffer.concat([Buffer.from([0, 0, 0, event.length]), event]));
  expect(withoutLength(frame)).toEqual(event);
});
