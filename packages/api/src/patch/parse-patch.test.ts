import { describe, expect, it } from 'vitest';
import { decodePatched } from '../decode/decode-patched.js';
import { ApiError } from '../errors.js';
import { type PatchType, parsePatch } from './parse-patch.js';

describe('parsePatch', () => {
  it.each<[Exclude<PatchType, 'apply'>, string, string]>([
    ['json', '{}', 'error decoding patch: json: cannot unmarshal object into Go value of type []interface {}'],
    ['json', '[1]', 'error decoding patch: json: cannot unmarshal number into Go value of type jsonpatch.Operation'],
    ['json', '[{"path":"/a"}]', 'error decoding patch: operation without a valid "op"'],
    ['json', '[{"op":"add"}]', 'error decoding patch: operation without a valid "path"'],
    ['json', '[{"op":"copy","path":"/a","from":1}]', 'error decoding patch: operation without a valid "from"'],
    ['merge', '[]', 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['merge', '{"a"', 'error decoding patch: unexpected end of JSON input'],
    ['strategic', 'null', 'json: cannot unmarshal null into Go value of type map[string]interface {}'],
    ['merge', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'error decoding patch: exceeded max depth'],
    [
      'json',
      `[{"op":"add","path":"/a","value":${'['.repeat(200)}${']'.repeat(200)}}]`,
      'error decoding patch: exceeded max depth',
    ],
    ['strategic', 'a', "invalid character 'a' looking for beginning of value"],
  ])('refuses the %s patch %.60s', (type, body, message) => {
    try {
      parsePatch(type, body, { fieldValidation: 'Strict' });
    } catch (error) {
      expect(error).toMatchObject({ code: 400, reason: 'BadRequest', message });
      return;
    }
    throw new Error('not refused');
  });

  it('finds duplicate fields unless they are ignored', () => {
    const body = '{"spec":{"replicas":1,"replicas":2}}';
    expect(parsePatch('merge', body, { fieldValidation: 'Strict' })).toEqual({
      type: 'merge',
      patch: { spec: { replicas: 2 } },
      patchErrors: ['duplicate field "spec.replicas"'],
    });
    expect(parsePatch('merge', body, { fieldValidation: 'Ignore' }).patchErrors).toEqual([]);
  });
});

describe('decodePatched', () => {
  const patched = () => ({ apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 1, foo: 1 } });

  it('answers 422 for what a patch made wrong', () => {
    const options = {
      fieldValidation: 'Strict',
      patchText: '{"spec":{"foo":1}}',
      patchErrors: ['duplicate field "a"'],
    } as const;
    try {
      decodePatched('Deployment', patched(), options);
    } catch (error) {
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({
        code: 422,
        reason: 'Invalid',
        message:
          ' "" is invalid: patch: Invalid value: "{\\"spec\\":{\\"foo\\":1}}": strict decoding error: duplicate field "a", unknown field "spec.foo"',
      });
      return;
    }
    throw new Error('not refused');
  });

  it('answers 422 for a wrong type, whatever the validation', () => {
    const wrong = { spec: { replicas: 'x' } };
    expect(() => decodePatched('Deployment', wrong, { fieldValidation: 'Ignore', patchText: '{}' })).toThrow(
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    );
  });

  it.each([
    [{ metadata: { labels: 'x' } }, 'map[metadata:map[labels:x]]', 'cannot restore map from string'],
    [{ spec: [1, { b: null }] }, 'map[spec:[1 map[b:<nil>]]]', 'cannot restore struct from: slice'],
    [{ spec: { template: { spec: { containers: {} } } } }, /.*/, 'cannot restore slice from map'],
    [{ spec: { replicas: 'x' } }, 'map[spec:map[replicas:x]]', 'unrecognized type: int32'],
    [{ spec: { replicas: 1.5 } }, 'map[spec:map[replicas:1.5]]', 'cannot convert float64 to int32'],
    [{ spec: { paused: 1 } }, 'map[spec:map[paused:1]]', 'unrecognized type: bool'],
    [
      { metadata: { labels: { b: 1, a: 'x' } } },
      'map[metadata:map[labels:map[a:x b:1]]]',
      'cannot convert int64 to string',
    ],
  ])('tells what a strategic merge patch cannot make: %j', (strategicPatch, shown, why) => {
    const options = { fieldValidation: 'Strict', patchText: '{}', strategicPatch } as const;
    const decode = () => decodePatched('Deployment', structuredClone(strategicPatch), options);
    expect(decode).toThrow(
      expect.objectContaining({
        code: 422,
        message:
          typeof shown === 'string'
            ? ` "" is invalid: patch: Invalid value: "${shown}": ${why}`
            : expect.stringMatching(`: ${why}$`),
      }),
    );
  });

  it('does not let a patch change the kind', () => {
    const other = { apiVersion: 'v1', kind: 'Pod' };
    expect(() => decodePatched('Deployment', other, { fieldValidation: 'Strict', patchText: '{}' })).toThrow(
      /patch: Invalid value: "{}": Pod in version "v1" cannot be handled as a Deployment/,
    );
  });

  it('keeps the kind that a patch removes', () => {
    const { object } = decodePatched('Deployment', { metadata: {} }, { fieldValidation: 'Strict', patchText: '{}' });
    expect(object).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: {} });
  });

  it('warns', () => {
    expect(decodePatched('Deployment', patched(), { fieldValidation: 'Warn', patchText: '{}' })).toEqual({
      object: { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 1 } },
      warnings: ['unknown field "spec.foo"'],
    });
  });
});
