import type { Measurement } from '../measure/measurement.js';
import { createRandom, type Interval, mean, relativeDifference } from './bootstrap.js';

/** What the same part of the workload gave in each round, with one configuration and with the other. */
export interface ComparedPart {
  readonly name: string;
  readonly rows: readonly ComparedFigure[];
}

export interface ComparedFigure {
  readonly name: string;
  readonly unit: string;
  readonly a: number;
  readonly b: number;
  /** Of B to A, as a share of A; figures of balance have none: they hardly differ from round to round. */
  readonly difference?: Interval;
}

type Figure = readonly [name: string, unit: string, of: (measurement: Measurement) => number];

const TIMED: readonly Figure[] = [
  ['throughput', 'pods/s', ({ throughput }) => throughput.average],
  ...(['perc50', 'perc90', 'perc99'] as const).map((key): Figure => {
    const name = `created → bound, ${key.replace('perc', 'p')}`;
    return [name, 'ms', ({ latenciesMs }) => latenciesMs['created → bound']?.[key] ?? Number.NaN];
  }),
  ['created → running, p99', 'ms', ({ latenciesMs }) => latenciesMs['created → running']?.perc99 ?? Number.NaN],
  [
    'attempt of the scheduler, p99',
    'ms',
    ({ scheduler }) =>
      (scheduler?.durations.scheduler_scheduling_attempt_duration_seconds?.perc99 ?? Number.NaN) * 1000,
  ],
  [
    "the scheduler's CPU",
    's',
    ({ processes }) => processes.find(({ name }) => name === 'scheduler')?.cpuSeconds ?? Number.NaN,
  ],
];

const BALANCE: readonly Figure[] = (
  [
    ['pods on a node', '', 'pods', 1],
    ["requested of a node's CPU", '%', 'cpuShare', 100],
    ["requested of a node's memory", '%', 'memoryShare', 100],
  ] as const
).flatMap(([name, unit, field, factor]) =>
  (['min', 'max', 'standardDeviation'] as const).map((key): Figure => {
    const what = key === 'standardDeviation' ? 'standard deviation' : key;
    return [`${name}, ${what}`, unit, ({ balance }) => balance[field][key] * factor];
  }),
);

/** Round by round, each the measurements of one run. Figures that a run did not give are left away. */
export function compareRounds(
  a: readonly (readonly Measurement[])[],
  b: readonly (readonly Measurement[])[],
  seed: string,
): ComparedPart[] {
  const random = createRandom(seed);
  return (a[0] ?? []).map(({ name }, part) => {
    const values = (rounds: readonly (readonly Measurement[])[], of: Figure[2]): number[] =>
      rounds.flatMap((round) => (round[part] ? [of(round[part])] : []));
    const compared = [...TIMED, ...BALANCE].map((figure): ComparedFigure => {
      const [name, unit, of] = figure;
      const [inA, inB] = [values(a, of), values(b, of)];
      const timed = TIMED.includes(figure) ? { difference: relativeDifference(inA, inB, random) } : {};
      return { name, unit, a: mean(inA), b: mean(inB), ...timed };
    });
    return { name, rows: compared.filter((figure) => Number.isFinite(figure.a) && Number.isFinite(figure.b)) };
  });
}
