import { describe, expect, it } from 'vitest';
import { findDuplicateFields } from './json-duplicates.js';

describe('findDuplicateFields', () => {
  it.each<[string, string[]]>([
    ['{}', []],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"a":{"b":[0,{"c":1,"c":2}]}}', ['a.b[1].c']],
    ['{"a":[[{"x":1}],[{"y":1,"y":2}]]}', ['a[1][0].y']],
    ['{"a":{"b":1,"b":1},"a":{"c":1}}', ['a.b', 'a']],
    ['{"a":":,{}[]\\"","b\\\\":"x","b\\\\":"y"}', ['b\\']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"a":"a","b":["a","a"],"a":1}', ['a']],
    ['{"a":{},"b":[],"a":1}', ['a']],
  ])('%s', (text, expected) => {
    expect(findDuplicateFields(text, JSON.parse(text))).toEqual(expected);
  });
});
