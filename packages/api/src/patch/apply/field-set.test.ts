import { describe, expect, it } from 'vitest';
import {
  difference,
  type FieldSet,
  forEachMember,
  intersection,
  LEAF,
  nodeOf,
  recursiveDifference,
  restrict,
  union,
} from './field-set.js';
import { formatFieldPath } from './path-element.js';

/** A set from paths, `a.b` for the field b of a; nothing for the empty set. */
function set(...paths: string[]): FieldSet | undefined {
  return paths.reduce<FieldSet | undefined>(
    (all, path) =>
      union(
        all,
        path
          .split('/')
          .reverse()
          .reduce<FieldSet>(
            (below, element) => ({ [/^[fkvi]:/.test(element) ? element : `f:${element}`]: below }),
            LEAF,
          ),
      ),
    undefined,
  );
}

function members(fields: FieldSet | undefined): string[] {
  const paths: string[] = [];
  forEachMember(fields, (path) => paths.push(formatFieldPath(path)));
  return paths;
}

describe('union', () => {
  it.each([
    [set(), set('a'), ['.a']],
    [set('a'), set(), ['.a']],
    [set('a'), set('a'), ['.a']],
    [set('a', 'b'), set('c'), ['.a', '.b', '.c']],
    [set('b'), set('a'), ['.a', '.b']],
    [set('a'), set('a/b'), ['.a', '.a.b']],
    [set('a/b'), set('a'), ['.a', '.a.b']],
    [set('a/b'), set('a/c', 'd'), ['.a.b', '.a.c', '.d']],
  ])('%j and %j', (a, b, expected) => {
    expect(members(union(a, b))).toEqual(expected);
    expect(union(b, a)).toEqual(union(a, b));
  });

  it('is the first set itself where that holds the second', () => {
    const a = set('a', 'a/b', 'c') as FieldSet;
    expect(union(a, set('a/b'))).toBe(a);
    expect(union(a, set('a', 'c'))).toBe(a);
  });
});

describe('difference', () => {
  it.each([
    [set('a', 'b'), set('a'), ['.b']],
    [set('a'), set('a'), []],
    [set('a', 'a/b'), set('a'), ['.a.b']],
    [set('a', 'a/b'), set('a/b'), ['.a']],
    [set('a/b'), set('a'), ['.a.b']],
    [set('a'), set('a/b'), ['.a']],
    [set('a/b', 'a/c'), set('a/b', 'a/c'), []],
    [set('a/b', 'a/c'), set('a/c', 'd'), ['.a.b']],
  ])('%j without %j', (a, b, expected) => {
    expect(members(difference(a, b))).toEqual(expected);
  });

  it('is the set itself where nothing goes', () => {
    const a = set('a/b', 'c') as FieldSet;
    expect(difference(a, set('a', 'd'))).toBe(a);
  });

  it('goes below what goes where it is recursive', () => {
    expect(members(recursiveDifference(set('a', 'a/b', 'c'), set('a')))).toEqual(['.c']);
    expect(members(recursiveDifference(set('a/b/c', 'a/d'), set('a/b')))).toEqual(['.a.d']);
    expect(members(recursiveDifference(set('a'), set('a/b')))).toEqual(['.a']);
  });
});

describe('intersection', () => {
  it.each([
    [set('a', 'b'), set('b', 'c'), ['.b']],
    [set('a'), set('a/b'), []],
    [set('a', 'a/b', 'a/c'), set('a', 'a/b'), ['.a', '.a.b']],
    [set('a/b'), set('c'), []],
  ])('%j and %j', (a, b, expected) => {
    expect(members(intersection(a, b))).toEqual(expected);
    expect(members(intersection(b, a))).toEqual(expected);
  });
});

describe('restrict', () => {
  it('keeps what is at or below a path', () => {
    const fields = set('spec/containers/k:{"name":"a"}', 'spec/containers/k:{"name":"a"}/resources/limits', 'spec/x');
    expect(members(restrict(fields, [['f:spec', 'f:containers', '*', 'f:resources']]))).toEqual([
      '.spec.containers[name="a"].resources.limits',
    ]);
    expect(restrict(fields, [['f:status']])).toBeUndefined();
  });
});

describe('order', () => {
  it('is that of Kubernetes: itself, fields, keys by their content, values, indexes', () => {
    const children = Object.fromEntries(
      ['i:10', 'i:9', 'v:"b"', 'v:2', 'k:{"port":443}', 'k:{"port":80}', 'k:{"name":"z"}', 'f:b', 'f:a'].map((key) => [
        key,
        LEAF,
      ]),
    );
    expect(Object.keys(nodeOf(children, true) as FieldSet)).toEqual([
      '.',
      'f:a',
      'f:b',
      'k:{"name":"z"}',
      'k:{"port":80}',
      'k:{"port":443}',
      'v:2',
      'v:"b"',
      'i:9',
      'i:10',
    ]);
  });
});

it('a field of any name is a field', () => {
  const fields = union(set('__proto__'), set('constructor')) as FieldSet;
  expect(members(fields)).toEqual(['.__proto__', '.constructor']);
  expect(intersection(fields, set('toString'))).toBeUndefined();
});
