import { expect, test } from 'vitest';
import { formatAge, formatTable } from './format-table.js';

test('columns are as wide as their widest cell, and lines have no blanks at their end', () => {
  const rows = [
    { NAME: 'etcd', NODE: '', PID: '1' },
    { NAME: 'kubelet', NODE: 'node1', PID: '' },
  ];
  expect(formatTable(rows).split('\n')).toEqual(['NAME      NODE    PID', 'etcd              1', 'kubelet   node1']);
});

test.each([
  [999, '0s'],
  [61_000, '1m1s'],
  [3_600_000, '1h0m'],
  [49 * 3_600_000, '2d'],
])('%i ms is %s', (ageMs, text) => {
  expect(formatAge(ageMs)).toBe(text);
});
