import { type Figure, meetsTarget } from '../bench.js';
import type { Machine } from '../measure/machine.js';
import { rounded } from '../measure/statistics.js';

/** The figures as a Markdown table, for the README. */
export function figuresTable(figures: readonly Figure[], machine: Machine, quick: boolean): string {
  const rows = figures.map((figure) => [figure.name, measured(figure), wanted(figure), beside(figure)]);
  const { cpus, cpuModel, memoryGb, kernel, node, etcd, docker, loadBefore } = machine;
  return [
    row(['figure', 'measured', 'to reach', 'beside it, in the same run']),
    '|---|---|---|---|',
    ...rows.map(row),
    '',
    `On ${cpus} CPUs (${cpuModel}), ${memoryGb} GB, Linux ${kernel}, Node ${node}, etcd ${etcd}, Docker ${docker}; ` +
      `load before: ${loadBefore}. The clients run on the same machine.${quick ? ' Quick run: not to be quoted.' : ''}`,
    '',
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function measured({ value, unit }: Figure): string {
  return `${format(value)}${unit === '' ? '' : ` ${unit}`}`;
}

function wanted(figure: Figure): string {
  const { target, unit } = figure;
  if (!target) return '';
  const sign = target.better === 'higher' ? '≥' : '≤';
  const verdict = meetsTarget(figure) ? '✔' : '✘';
  return `${sign} ${format(target.value)}${unit === '' ? '' : ` ${unit}`} ${verdict}`;
}

function beside(figure: Figure): string {
  return Object.entries(figure.beside ?? {})
    .map(([name, value]) => `${name} ${format(value)}`)
    .join(', ');
}

function format(value: number): string {
  return rounded(value).toLocaleString('en-US', { maximumSignificantDigits: 6 });
}
