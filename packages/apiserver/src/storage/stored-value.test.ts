import type { KubernetesObject } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { decodeValue, encodeObject, encodeValue, newWriteId, StoredValue } from './stored-value.js';

const key = { namespace: 'default', name: 'web' };
const type = { apiVersion: 'v1', kind: 'ConfigMap' };
const trace = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), sampled: true };

function store(object: KubernetesObject & Record<string, unknown>, revision = 17) {
  return StoredValue.decode(key, revision, decodeValue(encodeValue(encodeObject(key, object, type), 'w-1', trace, 0)));
}

describe('stored values', () => {
  it('hold a header line and the object without its version', () => {
    const object = { kind: 'Other', metadata: { uid: 'u', resourceVersion: '3' }, data: { greeting: 'grüße\n"{' } };
    const [header = '', ...body] = encodeValue(encodeObject(key, object, type), 'w-1', trace, 0)
      .toString()
      .split('\n');
    expect(JSON.parse(header)).toEqual({
      writeId: 'w-1',
      traceparent: `00-${trace.traceId}-${trace.spanId}-01`,
      metadataAt: expect.any(Number),
    });
    expect(JSON.parse(body.join('\n'))).toEqual({ ...type, metadata: { name: 'web', uid: 'u' }, data: object.data });
  });

  it.each([
    ['with everything', { metadata: { name: 'web', labels: { a: 'ü' } }, data: { x: '' } }],
    ['with metadata alone', { metadata: { name: 'web' } }],
    ['without metadata', {}],
    ['with undefined members', { metadata: { name: 'web', labels: undefined }, data: undefined }],
  ])('come back with the version of their revision: %s', (_name, object) => {
    const stored = store(object);
    expect(JSON.parse(stored.encoded.toString())).toEqual(stored.object);
    const { metadata, ...rest } = JSON.parse(JSON.stringify(object));
    expect(stored.object).toEqual({ ...type, ...rest, metadata: { name: 'web', ...metadata, resourceVersion: '17' } });
    expect([stored.version, stored.number, stored.trace]).toEqual(['17', 17, trace]);
  });

  it('take another version, of another length', () => {
    const stored = store({ metadata: { uid: 'u' } }, 99);
    const deleted = stored.at('100', undefined);
    expect(deleted.object).toEqual({
      ...stored.object,
      metadata: { ...stored.object.metadata, resourceVersion: '100' },
    });
    expect(deleted.at('7', undefined).object.metadata.resourceVersion).toBe('7');
    expect(stored.object.metadata.resourceVersion).toBe('99');
  });

  it('are frozen all the way down', () => {
    const { object } = store({ metadata: { labels: { a: 'b' } } });
    expect(() => Object.assign(object.metadata.labels ?? {}, { a: 'c' })).toThrow(TypeError);
  });

  it('are parsed again where many others were looked at since, and keep what selectors need', () => {
    const stored = store({ metadata: { labels: { a: 'grüße' } } });
    const { object } = stored;
    expect(stored.object).toBe(object);
    let reads = 0;
    const read = ({ metadata }: typeof object) => {
      reads++;
      return { labels: metadata.labels, fields: [metadata.name] };
    };
    const facts = stored.facts(read);
    for (let index = 0; index < 4; index++) store({ data: 'x'.repeat(1024 * 1024) }).object;
    expect(stored.object).not.toBe(object);
    expect(stored.object).toEqual(object);
    expect(() => Object.assign(stored.object.metadata.labels ?? {}, { a: 'c' })).toThrow(TypeError);
    expect([stored.facts(read), reads]).toEqual([facts, 1]);
    expect(facts).toEqual({ labels: { a: 'grüße' }, fields: ['web'] });
  });

  it('are read without a header, and with one that says nothing', () => {
    for (const text of [
      '{"metadata":{"uid":"u"},"data":{}}',
      '{}\n{"metadata":{"uid":"u"},"data":{}}',
      'x\n{"metadata":{"uid":"u"},"data":{}}',
    ]) {
      const stored = StoredValue.decode(key, 5, decodeValue(Buffer.from(text)));
      expect(stored.object).toEqual({ metadata: { name: 'web', uid: 'u', resourceVersion: '5' }, data: {} });
    }
  });

  it('are read when edited by hand under their old header', () => {
    const [header] = encodeValue(encodeObject(key, {}, type), 'w-1', undefined, 0)
      .toString()
      .split('\n');
    const edited = '{"kind":"ConfigMap","data":{"edited":"yes"},"metadata":{"name":"web"},"apiVersion":"v1"}';
    const stored = StoredValue.decode(key, 5, decodeValue(Buffer.from(`${header}\n${edited}`)));
    expect(stored.object).toEqual({
      ...type,
      data: { edited: 'yes' },
      metadata: { name: 'web', resourceVersion: '5' },
    });
  });

  const managedFields = [{ manager: 'kubectl', fieldsV1: { 'f:data': { 'f:grüße]}': {} } } }];

  it.each([
    ['a version', (stored: StoredValue) => stored],
    ['its deletion', (stored: StoredValue) => stored.at('1000', undefined)],
  ])('can be had without managedFields: %s', (_name, versionOf) => {
    const metadata = { labels: { a: 'ü' }, managedFields, uid: 'u' };
    const stored = versionOf(store({ metadata, data: { x: 'é' } }));
    const { managedFields: kept, ...others } = stored.object.metadata;
    expect(kept).toEqual(managedFields);
    expect(JSON.parse(stored.encodedWithoutManagedFields.toString())).toEqual({ ...stored.object, metadata: others });
  });

  it('without managedFields are sent as they are', () => {
    const stored = store({ metadata: { uid: 'u' } });
    expect(stored.encodedWithoutManagedFields).toBe(stored.encoded);
  });

  it.each([
    ['longer', (text: string) => text.replace('kubectl', 'a longer name')],
    [
      'of the same length, with managedFields elsewhere',
      (text: string) => text.replace('"uid":"u",', '').replace('"x":', '"uid":"u","x":'),
    ],
  ])('keep their managedFields when edited by hand: %s', (_name, edit) => {
    const object = { metadata: { uid: 'u', managedFields }, data: { x: '' } };
    const written = encodeValue(encodeObject(key, object, type), 'w', trace, 0);
    const stored = StoredValue.decode(key, 5, decodeValue(Buffer.from(edit(written.toString()))));
    expect(stored.object.metadata.managedFields).toHaveLength(1);
    expect(stored.encodedWithoutManagedFields).toBe(stored.encoded);
  });

  it('are told apart by their write ids', () => {
    const ids = Array.from({ length: 1000 }, newWriteId);
    expect(new Set(ids).size).toBe(1000);
  });
});
