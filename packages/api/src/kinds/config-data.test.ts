import { describe, expect, it } from 'vitest';
import type { FieldError } from '../errors.js';
import type { ConfigMap, Secret } from '../generated/types.js';
import type { Persisted } from '../object.js';
import { configMaps } from './config-map.js';
import { secrets } from './secret.js';

const texts = (errors: FieldError[] = []): string[] => errors.map(({ field, message }) => `${field}: ${message}`);
const encode = (text: string): string => Buffer.from(text).toString('base64');
const KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const IMMUTABLE = 'Forbidden: field is immutable when `immutable` is set';

describe('config maps', () => {
  it.each<[string, ConfigMap, string[]]>([
    ['right', { data: { 'a.B': 'x' }, binaryData: { c: encode('x') } }, []],
    ['bad key', { data: { 'a b': 'x' } }, [`data[a b]: Invalid value: "a b": ${KEY}`]],
    [
      'key in both',
      { data: { a: 'x' }, binaryData: { a: '' } },
      [
        'data[a]: Invalid value: "a": duplicate of key present in binaryData',
        'binaryData[a]: Invalid value: "a": duplicate of key present in data',
      ],
    ],
    ['1 MiB', { data: { a: 'x'.repeat(1024 * 1024) } }, []],
    [
      'more than 1 MiB',
      { data: { a: 'é'.repeat(512 * 1024) }, binaryData: { b: encode('x') } },
      ['[]: Too long: may not be more than 1048576 bytes'],
    ],
  ])('%s', (_, configMap, expected) => {
    expect(texts(configMaps.strategy.validate?.(configMap))).toEqual(expected);
  });

  it.each<[string, ConfigMap, string[]]>([
    ['same', { data: { a: '1' }, immutable: true }, []],
    ['data', { data: { a: '2' }, immutable: true }, [`data: ${IMMUTABLE}`]],
    ['binary data', { data: { a: '1' }, binaryData: { b: '' }, immutable: true }, [`binaryData: ${IMMUTABLE}`]],
    ['mutable again', { data: { a: '1' } }, [`immutable: ${IMMUTABLE}`]],
  ])('immutable: %s', (_, configMap, expected) => {
    const old = { data: { a: '1' }, immutable: true } as unknown as Persisted<ConfigMap>;
    expect(texts(configMaps.strategy.validateUpdate?.(configMap, old))).toEqual(expected);
  });
});

describe('secrets', () => {
  it('writes stringData into data', () => {
    const secret: Secret = { data: { a: encode('1'), b: encode('2') }, stringData: { b: 'x' } };
    secrets.strategy.setDefaults?.(secret);
    expect(secret).toEqual({ type: 'Opaque', data: { a: encode('1'), b: encode('x') } });
  });

  it.each<[string, Secret, string[]]>([
    ['opaque', { type: 'Opaque' }, []],
    ['own type', { type: 'example.com/x' }, []],
    ['bad key', { data: { 'a b': '' } }, [`data[a b]: Invalid value: "a b": ${KEY}`]],
    ['tls', { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }, ['data[tls.key]: Required value']],
    [
      'ssh',
      { type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': '' } },
      ['data[ssh-privatekey]: Required value'],
    ],
    [
      'basic',
      { type: 'kubernetes.io/basic-auth' },
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    ['basic with one', { type: 'kubernetes.io/basic-auth', data: { username: '' } }, []],
    ['docker', { type: 'kubernetes.io/dockerconfigjson' }, ['data[.dockerconfigjson]: Required value']],
    [
      'docker text',
      { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': encode('x') } },
      [
        `data[.dockercfg]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value`,
      ],
    ],
    ['docker json', { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': encode('{}') } }, []],
    [
      'token',
      { type: 'kubernetes.io/service-account-token' },
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    [
      'large',
      { data: { a: Buffer.alloc(1024 * 1024 + 1).toString('base64') } },
      ['data: Too long: may not be more than 1048576 bytes'],
    ],
  ])('%s', (_, secret, expected) => {
    expect(texts(secrets.strategy.validate?.(secret))).toEqual(expected);
  });

  it('keeps its type, and its data when immutable', () => {
    const update = (secret: Secret, old: Secret): string[] =>
      texts(secrets.strategy.validateUpdate?.(secret, old as Persisted<Secret>));
    expect(update({ type: 'a/b' }, { type: 'Opaque' })).toEqual(['type: Invalid value: "a/b": field is immutable']);
    expect(update({ type: 'Opaque', data: { a: '' }, immutable: true }, { type: 'Opaque', immutable: true })).toEqual([
      `data: ${IMMUTABLE}`,
    ]);
  });
});
