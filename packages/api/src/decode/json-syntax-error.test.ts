import { describe, expect, it } from 'vitest';
import { describeSyntaxError } from './json-syntax-error.js';

describe('describeSyntaxError', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    ['  ', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['[1', 'unexpected end of JSON input'],
    ['"a', 'unexpected end of JSON input'],
    ['abc', "invalid character 'a' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['[1}', "invalid character '}' after array element"],
    ['{}x', "invalid character 'x' after top-level value"],
    ['tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['nul', 'unexpected end of JSON input'],
    ['-x', "invalid character 'x' in numeric literal"],
    ['01', "invalid character '1' after top-level value"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1e+x', "invalid character 'x' in exponent of numeric literal"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
  ])('%j', (text, message) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(describeSyntaxError(text)).toBe(message);
  });

  it.each(['{}', '[]', ' {"a":[1,{"b":null}],"c":"\\u00e9\\n"} ', '-0.5e-7', 'true'])('%s is valid', (text) => {
    expect(describeSyntaxError(text)).toBe('');
  });

  it('needs no stack for deep nesting', () => {
    expect(describeSyntaxError('['.repeat(300_000))).toBe('unexpected end of JSON input');
  });
});
