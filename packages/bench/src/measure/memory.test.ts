import { describe, expect, it } from 'vitest';
import { parseMemory } from './memory.js';

const ROLLUP = [
  '00400000-7ffd8a3c9000 ---p 00000000 00:00 0                              [rollup]',
  'Rss:               71000 kB',
  'Pss:               27000 kB',
  'Pss_Dirty:         20000 kB',
  'Private_Clean:      3000 kB',
  'Private_Dirty:     20000 kB',
  '',
].join('\n');

describe('parseMemory', () => {
  it('reads kB as KiB, and the sum of both kinds of private pages', () => {
    expect(parseMemory(ROLLUP)).toEqual({
      residentBytes: 71_000 * 1024,
      proportionalBytes: 27_000 * 1024,
      privateBytes: 23_000 * 1024,
    });
  });

  it('rejects a text without a field', () => {
    expect(() => parseMemory('Rss: 1 kB\n')).toThrow(/Pss/);
  });
});
