import { formatNumber } from '../report/report-text.js';
import { textTable } from '../report/text-table.js';
import type { Interval } from './bootstrap.js';
import type { ComparedPart } from './compare-rounds.js';

/** For a terminal: a difference whose interval lies on one side of 0 is marked. */
export function compareText(parts: readonly ComparedPart[], [a, b]: readonly [string, string], rounds: number): string {
  const head = ['', 'A', 'B', 'B to A', '95 % of cases'];
  const tables = parts.map(({ name, rows }) => {
    const cells = rows.map(({ name, unit, difference, ...figure }) => [
      unit === '' ? name : `${name}, ${unit}`,
      formatNumber(figure.a),
      formatNumber(figure.b),
      difference ? percent(difference.value) : '',
      difference ? intervalText(difference) : '',
    ]);
    return `${name}\n\n${textTable(head, cells)}`;
  });
  const legend = `A is ${a}, B is ${b}; means of ${rounds} rounds each, in turns. * differs beyond chance.`;
  return `\n${legend}\n\n${tables.join('\n')}`;
}

function intervalText({ low, high }: Interval): string {
  return `${percent(low)} … ${percent(high)}${low > 0 || high < 0 ? ' *' : '  '}`;
}

function percent(share: number): string {
  const value = (share * 100).toFixed(1);
  return `${share > 0 ? '+' : ''}${value} %`;
}
