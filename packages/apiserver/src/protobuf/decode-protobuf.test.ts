import { definitions, fieldsOf, messageNames } from '@kubelab/api';
import { describe, expect, test } from 'vitest';
import { protobufToJson } from './decode-protobuf.js';

/** A field of a message: a string, a number, or a message of fields. */
type Field = [number: number, value: string | number | Buffer];

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 128))];
}

function message(...fields: Field[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([...varint(number << 3), ...varint(value)]);
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
    }),
  );
}

function body(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const type = message([1, apiVersion], [2, kind]);
  return Buffer.concat([Buffer.from('k8s\0'), message([1, type], [2, raw], [3, ''], [4, ''])]);
}

const decode = (definition: string, bytes: Buffer): unknown => JSON.parse(protobufToJson(definition, bytes).toString());

describe('the table of field numbers', () => {
  test.each(messageNames)('%s has only fields that the schema knows, each number once', (name) => {
    const fields = fieldsOf(name);
    const definition = definitions[name];
    expect(fields?.size).toBe(new Set([...(fields?.values() ?? [])].map((field) => field.name)).size);
    if (definition === undefined) return;
    for (const field of fields?.values() ?? []) {
      if (!field.isInline) expect(Object.keys(definition.properties)).toContain(field.name);
    }
  });
});

test('a ConfigMap as kubectl writes it', () => {
  // Go writes empty strings, and an unset creationTimestamp as an empty message.
  const metadata = message([1, 'a'], [2, ''], [3, 'default'], [8, ''], [11, message([1, 'k'], [2, 'v'])]);
  const raw = message([1, metadata], [2, message([1, 'x'], [2, '1'])], [2, message([1, 'y'], [2, ''])]);
  expect(decode('ConfigMap', body('v1', 'ConfigMap', raw))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'default', labels: { k: 'v' } },
    data: { x: '1', y: '' },
  });
});

test('who manages which fields is JSON within', () => {
  const entry = message([1, 'kubectl'], [2, 'Update'], [7, message([1, '{"f:data":{"f:a":{}}}'])]);
  const raw = message([1, message([1, 'a'], [17, entry])]);
  expect(decode('ConfigMap', body('v1', 'ConfigMap', raw))).toMatchObject({
    metadata: { managedFields: [{ manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:data': { 'f:a': {} } } }] },
  });
  const broken = message([1, message([17, message([7, message([1, '{'])])])]);
  expect(() => decode('ConfigMap', body('v1', 'ConfigMap', broken))).toThrow(/no JSON/);
});

test('numbers, pointers to zero, inlined messages, quantities and times', () => {
  const volume = message([1, 'v'], [2, message([19, message([1, message([1, 'config'])], [3, 420])])]);
  const limits = message([1, 'cpu'], [2, message([1, '100m'])]);
  const probe = message([1, message([2, message([1, '/'], [2, message([1, 0], [2, 8080], [3, ''])])])], [2, 0], [3, 5]);
  const container = message([1, 'c'], [8, message([1, limits])], [10, probe], [15, message([4, 0])], [16, 0]);
  const spec = message([1, volume], [2, container], [4, 0], [11, 0]);
  const metadata = message([1, 'p'], [9, message([1, 1_700_000_000])]);
  expect(decode('Pod', body('v1', 'Pod', message([1, metadata], [2, spec], [3, ''])))).toMatchObject({
    metadata: { name: 'p', deletionTimestamp: '2023-11-14T22:13:20Z' },
    spec: {
      volumes: [{ name: 'v', configMap: { name: 'config', defaultMode: 420 } }],
      containers: [
        {
          name: 'c',
          resources: { limits: { cpu: '100m' } },
          livenessProbe: { httpGet: { path: '/', port: 8080 }, timeoutSeconds: 5 },
          securityContext: { runAsUser: 0 },
        },
      ],
      terminationGracePeriodSeconds: 0,
    },
  });
});

test('a list as the value of a map, and a text that is empty on purpose', () => {
  const extra = message([1, 'scopes'], [2, message([1, 'a'], [1, 'b'])]);
  const request = message([1, message([1, 'c'])], [2, message([1, 'x'], [7, 'example.com/s'], [6, extra])]);
  expect(
    decode('CertificateSigningRequest', body('certificates.k8s.io/v1', 'CertificateSigningRequest', request)),
  ).toMatchObject({ spec: { request: 'eA==', signerName: 'example.com/s', extra: { scopes: ['a', 'b'] } } });
  const claim = message([1, message([1, 'c'])], [2, message([3, ''], [5, ''])]);
  expect(decode('PersistentVolumeClaim', body('v1', 'PersistentVolumeClaim', claim))).toMatchObject({
    spec: { storageClassName: '' },
  });
});

test('fields of other versions are passed over', () => {
  // client-go before 1.24 writes clusterName, 15, empty in every object.
  const metadata = message([1, 'a'], [15, ''], [16, 7]);
  expect(decode('ConfigMap', body('v1', 'ConfigMap', message([1, metadata], [99, 'x'])))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
  });
});

test.each([
  ['no magic', Buffer.from('{}'), 'BadRequest'],
  ['a length beyond the end', Buffer.from('k8s\0\x0a\x7f'), 'BadRequest'],
  ['an endless integer', Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(20, 0xff)]), 'BadRequest'],
  ['a group', Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0b])]), 'BadRequest'],
  ['a number for a string', body('v1', 'ConfigMap', message([1, message([1, 5])])), 'BadRequest'],
])('%s is refused', (_what, bytes, reason) => {
  expect(() => protobufToJson('ConfigMap', bytes)).toThrow(expect.objectContaining({ reason }));
});
