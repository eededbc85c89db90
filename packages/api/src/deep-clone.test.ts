import { describe, expect, it } from 'vitest';
import { deepClone } from './deep-clone.js';
import { deepEqual } from './deep-equal.js';
import { deepFreeze } from './deep-freeze.js';

describe('deepClone', () => {
  it('shares nothing with its source', () => {
    const source = { a: [{ b: 1 }, null, 'x'], c: {} };
    const copy = deepClone(source);
    expect(copy).toEqual(source);
    expect(copy.a).not.toBe(source.a);
    expect(copy.a[0]).not.toBe(source.a[0]);
    expect(copy.c).not.toBe(source.c);
  });

  it('unfreezes', () => {
    const copy = deepClone<{ a: number[] }>(deepFreeze({ a: [1] }));
    copy.a.push(2);
    expect(copy.a).toEqual([1, 2]);
  });

  it('keeps a field named __proto__ as data', () => {
    const copy = deepClone(JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true}}');
  });
});

describe('deepEqual', () => {
  it.each([
    [1, 1, true],
    [1, '1', false],
    [null, null, true],
    [null, {}, false],
    [[], {}, false],
    [{}, [], false],
    [[1, 2], [1, 2], true],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [{ a: 1, b: { c: [] } }, { b: { c: [] }, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: undefined }, {}, true],
    [{}, { a: undefined }, true],
    [{ a: undefined, b: 1 }, { b: 1 }, true],
    [{ a: undefined, b: 1 }, { a: 1 }, false],
    [{ toString: 1 }, {}, false],
    [{}, { constructor: 1 }, false],
  ])('%j and %j: %s', (a, b, equal) => {
    expect(deepEqual(a, b)).toBe(equal);
  });
});

describe('deepFreeze', () => {
  it('freezes all levels', () => {
    const frozen = deepFreeze({ a: [{ b: 1 }] });
    expect(Object.isFrozen(frozen)).toBe(true);
    expect(Object.isFrozen(frozen.a)).toBe(true);
    expect(Object.isFrozen(frozen.a[0])).toBe(true);
  });
});
