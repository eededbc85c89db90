import { type Figure, meetsTarget } from '../bench.js';
import type { Machine } from '../measure/machine.js';
import { rounded, roundedAll } from '../measure/statistics.js';

/** A figure as one line of JSON. */
export function figureLine(figure: Figure, machine: Machine, quick: boolean): string {
  const { name, value, unit, target, beside } = figure;
  const line = {
    name,
    value: rounded(value),
    unit,
    ...(target ? { target: target.value, better: target.better, met: meetsTarget(figure) } : {}),
    ...(beside ? { beside: roundedAll(beside) } : {}),
    ...(quick ? { quick } : {}),
    machine,
  };
  return `${JSON.stringify(line)}\n`;
}
