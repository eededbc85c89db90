import { describe, expect, it } from 'vitest';
import type { FieldError } from '../errors.js';
import type { ObjectMeta, OwnerReference } from '../generated/types.js';
import { MAX_ANNOTATIONS_BYTES, type NameRule, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.js';

const texts = (errors: FieldError[]): string[] => errors.map(({ field, message }) => `${field}: ${message}`);
const meta = (more: Partial<ObjectMeta> = {}): ObjectMeta => ({ name: 'a', namespace: 'x', ...more });
const owner: OwnerReference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u', controller: true };

describe('validateObjectMeta', () => {
  it.each<[string, ObjectMeta, string[], NameRule?]>([
    ['right', meta({ labels: { 'a.b/c': 'd' }, annotations: { 'A.b/C': 'any ✓' }, finalizers: ['x.y/z'] }), []],
    ['no name', { namespace: 'x' }, ['metadata.name: Required value: name or generateName is required']],
    ['no namespace', { name: 'a' }, ['metadata.namespace: Required value']],
    [
      'namespace with dots',
      meta({ namespace: 'a.b' }),
      ['metadata.namespace: Invalid value: "a.b": must not contain dots'],
    ],
    [
      'name with dots',
      meta({ name: 'a.b' }),
      ['metadata.name: Invalid value: "a.b": must not contain dots'],
      'dnsLabel',
    ],
    ['generateName ends with a dash', meta({ generateName: 'abc-' }), []],
    [
      'negative generation',
      meta({ generation: -1 }),
      ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'long annotations',
      meta({ annotations: { a: 'x'.repeat(MAX_ANNOTATIONS_BYTES) } }),
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    ['annotation at the limit', meta({ annotations: { a: 'x'.repeat(MAX_ANNOTATIONS_BYTES - 1) } }), []],
    [
      'bare finalizer',
      meta({ finalizers: ['mine'] }),
      [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      'both deletion finalizers',
      meta({ finalizers: ['orphan', 'foregroundDeletion'] }),
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    ['owner', meta({ ownerReferences: [owner] }), []],
    [
      'owner without uid',
      meta({ ownerReferences: [{ ...owner, uid: '' }] }),
      ['metadata.ownerReferences.uid: Invalid value: "": must not be empty'],
    ],
    [
      'owner without version',
      meta({ ownerReferences: [{ ...owner, apiVersion: 'apps/' }] }),
      ['metadata.ownerReferences.apiVersion: Invalid value: "apps/": version must not be empty'],
    ],
    [
      'two controllers',
      meta({ ownerReferences: [owner, { ...owner, name: 'other' }] }),
      [
        `metadata.ownerReferences: Invalid value: ${JSON.stringify([owner, { ...owner, name: 'other' }])}: Only one reference can have Controller set to true. Found "true" in references for rs and other`,
      ],
    ],
  ])('%s', (_, object, expected, rule) => {
    expect(texts(validateObjectMeta(object, true, rule))).toEqual(expected);
  });

  it('names the key or value of a bad label', () => {
    const [key, value] = texts(validateObjectMeta(meta({ labels: { 'a b': 'c', d: 'e f' } }), true));
    expect(key).toMatch(/^metadata\.labels: Invalid value: "a b": name part must consist of/);
    expect(value).toMatch(/^metadata\.labels: Invalid value: "e f": a valid label must be an empty string or/);
  });

  it('refuses a namespace for a cluster-scoped kind', () => {
    expect(texts(validateObjectMeta(meta(), false))).toEqual([
      'metadata.namespace: Forbidden: not allowed on this type',
    ]);
  });
});

describe('validateObjectMetaUpdate', () => {
  const old = meta({ uid: 'u', creationTimestamp: 't', generation: 2, finalizers: ['a/b'] });
  it.each<[string, Partial<ObjectMeta>, Partial<ObjectMeta>, string[]]>([
    ['nothing', {}, {}, []],
    ['labels', { labels: { a: 'b' } }, {}, []],
    ['uid', { uid: 'v' }, {}, ['metadata.uid: Invalid value: "v": field is immutable']],
    [
      'creation',
      { creationTimestamp: 's' },
      {},
      ['metadata.creationTimestamp: Invalid value: "s": field is immutable'],
    ],
    ['generation', { generation: 1 }, {}, ['metadata.generation: Invalid value: 1: must not be decremented']],
    [
      'deletion',
      {},
      { deletionTimestamp: 'd' },
      ['metadata.deletionTimestamp: Invalid value: null: field is immutable'],
    ],
    [
      'a finalizer while going',
      { finalizers: ['a/b', 'c/d'], deletionTimestamp: 'd' },
      { deletionTimestamp: 'd' },
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}',
      ],
    ],
    ['one less while going', { finalizers: [], deletionTimestamp: 'd' }, { deletionTimestamp: 'd' }, []],
  ])('%s', (_, change, before, expected) => {
    expect(texts(validateObjectMetaUpdate({ ...old, ...change }, { ...old, ...before }))).toEqual(expected);
  });
});
