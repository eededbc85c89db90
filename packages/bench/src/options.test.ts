import { describe, expect, it } from 'vitest';
import type { Bench } from './bench.js';
import { benches } from './benches.js';
import { readBenchOptions } from './options.js';

const names = (chosen: readonly Bench[]): string[] => chosen.map(({ name }) => name);

describe('readBenchOptions', () => {
  it('runs all benches, in full, unless told which', () => {
    const options = readBenchOptions([], benches);
    expect(options).toMatchObject({ quick: false, help: false });
    expect(options.benches).toEqual(benches);
  });

  it('takes names in any place and keeps their order', () => {
    const options = readBenchOptions(['rest', '--quick', 'pods', '--markdown', 'figures.md'], benches);
    expect(options).toMatchObject({ quick: true, markdown: 'figures.md' });
    expect(names(options.benches)).toEqual(['rest', 'pods']);
  });

  it('refuses what it does not know, and says what there is', () => {
    expect(() => readBenchOptions(['speed'], benches)).toThrow(/no bench "speed": start, pods/);
    expect(() => readBenchOptions(['--fast'], benches)).toThrow(/--fast/);
  });
});
