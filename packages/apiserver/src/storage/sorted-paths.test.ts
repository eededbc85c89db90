import { describe, expect, test } from 'vitest';
import { byCodeUnit, SortedPaths } from './sorted-paths.js';

/** Deterministic, so that a failure can be seen again. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}

describe('sorted paths', () => {
  test('hold what a sorted list would, whatever comes and goes', () => {
    const next = numbers(7);
    const expected = new Set(Array.from({ length: 900 }, (_, index) => `ns-${index % 7}/first-${index}`));
    const paths = new SortedPaths(expected);
    for (let step = 0; step < 6_000; step++) {
      const path = `ns-${Math.floor(next() * 9)}/pod-${Math.floor(next() * 2_000)}`;
      if (next() < 0.6) {
        expected.add(path);
        paths.add(path);
      } else {
        expected.delete(path);
        paths.remove(path);
      }
      if (step % 50 !== 0) continue;
      const sorted = [...expected].sort(byCodeUnit);
      const prefix = ['', 'ns-3/', 'ns-8/pod-1', 'none/'][step % 4] ?? '';
      const after = next() < 0.5 ? '' : (sorted[Math.floor(next() * sorted.length)] ?? '');
      const matching = sorted.filter((one) => one.startsWith(prefix) && one > after);
      expect(paths.slice(prefix, after)).toEqual(matching);
    }
    for (const path of expected) paths.remove(path);
    expect(paths.slice('', '')).toEqual([]);
    paths.add('default/again');
    expect(paths.slice('', '')).toEqual(['default/again']);
  });

  test('hold a path once', () => {
    const paths = new SortedPaths(['b', 'a']);
    paths.add('a');
    paths.remove('c');
    expect(paths.slice('', '')).toEqual(['a', 'b']);
  });
});
