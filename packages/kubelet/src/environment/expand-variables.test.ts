import { describe, expect, it } from 'vitest';
import { expandVariables, expandVariablesStrictly } from './expand-variables.js';

const variables: Record<string, string> = { A: 'a', B: '$(A)', EMPTY: '', 'x.y-z': 'dotted' };
const lookup = (name: string) => variables[name];

describe('expandVariables', () => {
  it.each([
    ['$(A)', 'a'],
    ['x$(A)y$(A)z', 'xayaz'],
    ['$(B)', '$(A)'],
    ['[$(EMPTY)]', '[]'],
    ['$(x.y-z)', 'dotted'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$$$$(A)', '$$(A)'],
    ['$(MISSING)', '$(MISSING)'],
    ['$()', '$()'],
    ['$(A', '$(A'],
    ['$A', '$A'],
    ['cost: $', 'cost: $'],
    ['$(A)$', 'a$'],
    ['$(A$(A)', '$(A$(A)'],
    ['', ''],
  ])('%s becomes %s', (input, expected) => {
    expect(expandVariables(input, lookup)).toBe(expected);
  });
});

it('tells the names that are not known', () => {
  expect(expandVariablesStrictly('$(A)/$(NO)/$(EMPTY)', lookup)).toEqual({ value: 'a//', missing: ['NO'] });
});
