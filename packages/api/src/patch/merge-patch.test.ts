import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../deep-freeze.js';
import { mergePatch } from './merge-patch.js';

describe('mergePatch', () => {
  // The cases of RFC 7386, appendix A.
  it.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j patched by %j', (original, patch, expected) => {
    expect(mergePatch(deepFreeze(original), deepFreeze(patch))).toEqual(expected);
  });

  it('shares nothing', () => {
    const original = { a: { b: 1 } };
    const patch = { c: [{}] };
    const patched = mergePatch(original, patch) as { a: object; c: object[] };
    expect(patched.a).not.toBe(original.a);
    expect(patched.c[0]).not.toBe(patch.c[0]);
  });

  it('keeps __proto__ as data', () => {
    const patched = mergePatch(
      {},
      JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    );
    expect(JSON.stringify(patched)).toBe('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
