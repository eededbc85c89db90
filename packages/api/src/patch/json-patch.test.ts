import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../deep-freeze.js';
import { ApiError } from '../errors.js';
import { jsonPatch } from './json-patch.js';
import type { JsonPatchOperation } from './parse-patch.js';

const rejected = 'the server rejected our request due to an error in our request';

describe('jsonPatch', () => {
  it.each<[string, unknown, JsonPatchOperation[], unknown]>([
    ['adds', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds null', {}, [{ op: 'add', path: '/b', value: null }], { b: null }],
    ['inserts', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['appends', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [
      'removes',
      { a: [1, 2], b: 1 },
      [
        { op: 'remove', path: '/a/0' },
        { op: 'remove', path: '/b' },
      ],
      { a: [2] },
    ],
    ['replaces', { a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: 2 }], { a: { b: 2 } }],
    ['replaces the whole', { a: 1 }, [{ op: 'replace', path: '', value: { b: 1 } }], { b: 1 }],
    ['moves', { a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    [
      'copies',
      { a: { x: 1 } },
      [
        { op: 'copy', from: '/a', path: '/b' },
        { op: 'add', path: '/b/y', value: 2 },
      ],
      { a: { x: 1 }, b: { x: 1, y: 2 } },
    ],
    ['tests', { a: { b: [1] } }, [{ op: 'test', path: '/a', value: { b: [1] } }], { a: { b: [1] } }],
    [
      'unescapes',
      { 'a/b': 1, 'c~d': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'replace', path: '/c~0d', value: 3 },
      ],
      { 'c~d': 3 },
    ],
  ])('%s', (_what, original, operations, expected) => {
    expect(jsonPatch(deepFreeze(original), deepFreeze(operations) as JsonPatchOperation[])).toEqual(expected);
  });

  it.each<[string, JsonPatchOperation[]]>([
    ['a test that fails', [{ op: 'test', path: '/a', value: 2 }]],
    ['a test of what is missing', [{ op: 'test', path: '/x', value: null }]],
    ['removing what is missing', [{ op: 'remove', path: '/x' }]],
    ['replacing what is missing', [{ op: 'replace', path: '/x', value: 1 }]],
    ['adding below what is missing', [{ op: 'add', path: '/x/y', value: 1 }]],
    ['adding below a number', [{ op: 'add', path: '/a/y', value: 1 }]],
    ['an index out of bounds', [{ op: 'add', path: '/l/5', value: 1 }]],
    ['copying what is missing', [{ op: 'copy', from: '/x', path: '/y' }]],
    ['an unknown operation', [{ op: 'frobnicate', path: '/a' }]],
    ['the private operation _get', [{ op: '_get', path: '/a' }]],
    ['a path without a slash', [{ op: 'add', path: 'a', value: 1 }]],
    ['no value', [{ op: 'add', path: '/b' }]],
    ['reaching a constructor', [{ op: 'add', path: '/constructor/polluted', value: 1 }]],
    ['reaching a prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }]],
    ['setting a prototype', [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }]],
    ['testing what is inherited', [{ op: 'test', path: '/toString', value: {} }]],
  ])('refuses %s', (_what, operations) => {
    try {
      jsonPatch({ a: 1, l: [] }, operations);
    } catch (error) {
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ code: 422, reason: 'Invalid', message: rejected });
      expect((Object as unknown as Record<string, unknown>).polluted).toBeUndefined();
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      return;
    }
    throw new Error('not refused');
  });

  it('refuses more than 10,000 operations', () => {
    const operations = Array(10_001).fill({ op: 'test', path: '/a', value: 1 }) as JsonPatchOperation[];
    expect(() => jsonPatch({ a: 1 }, operations)).toThrow(
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    );
  });

  it('bounds what copies add up to', () => {
    const operations = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '', path: `/c${i}` }));
    expect(() => jsonPatch({ a: 'x' }, operations)).toThrow(rejected);
  });
});
