import { writeFile } from 'node:fs/promises';
import type { Measurement } from '../measure/measurement.js';
import { dataItems } from '../report/data-items.js';
import { measureOnce, runStoppable, withContext } from '../run-scheduling.js';
import {
  parse,
  readCount,
  type SchedulingOptions,
  SHARED_FLAGS,
  SHARED_USAGE,
  sharedOptions,
  UsageError,
} from '../scheduling-options.js';
import { checkSchedulerConfig } from '../target/check-scheduler-config.js';
import { findWorkload } from '../workload/shipped-workloads.js';
import { type ComparedPart, compareRounds } from './compare-rounds.js';
import { compareText } from './compare-text.js';

const USAGE = `Usage: kubelab bench compare A.yaml B.yaml WORKLOAD [flags]

Runs the workload with one KubeSchedulerConfiguration and the other, in turns, each time in a new cluster.

  --rounds COUNT           of each (default: 3); one round gives no intervals worth the name
${SHARED_USAGE}`;

const FLAGS = { ...SHARED_FLAGS, rounds: { type: 'string', default: '3' } } as const;

interface CompareOptions {
  readonly configurations: readonly [string, string];
  readonly rounds: number;
  readonly run: Omit<SchedulingOptions, 'schedulerConfig'>;
}

/** `kubelab bench compare …`. Resolves with the exit code. */
export function runCompare(args: readonly string[]): Promise<number> {
  return runStoppable(USAGE, async (signal) => {
    const options = readCompareOptions(args);
    if (!options) {
      process.stdout.write(USAGE);
      return;
    }
    const { configurations, rounds, run } = options;
    const workload = findWorkload(run.workload, run.params);
    for (const path of configurations) await checkSchedulerConfig(path, signal);
    const measured: [Measurement[][], Measurement[][]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      // Whatever the machine does in the course of time does it to both.
      for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        process.stderr.write(`round ${round + 1} of ${rounds}, ${side === 0 ? 'A' : 'B'}: ${configurations[side]}\n`);
        const { measurements } = await withContext('compare', signal, (context) =>
          measureOnce(workload, { ...run, schedulerConfig: configurations[side] }, context),
        );
        measured[side].push([...measurements]);
      }
    }
    const parts = compareRounds(...measured, run.seed);
    process.stdout.write(compareText(parts, configurations, rounds));
    if (run.json !== undefined) await writeFile(run.json, compareJson(parts, configurations, measured));
  });
}

/** Undefined for --help. Throws UsageError. */
export function readCompareOptions(args: readonly string[]): CompareOptions | undefined {
  const { values, positionals } = parse(args, FLAGS);
  if (values.help) return undefined;
  const [a, b, workload, ...others] = positionals;
  if (a === undefined || b === undefined || workload === undefined || others.length > 0)
    throw new UsageError('name two configurations and a workload');
  const json = values.json === undefined ? {} : { json: values.json };
  return {
    configurations: [a, b],
    rounds: readCount('--rounds', values.rounds),
    run: { workload, ...sharedOptions(values), ...json },
  };
}

/** The data items of every run, with a label for its configuration and round, and the comparison. */
function compareJson(
  parts: readonly ComparedPart[],
  configurations: readonly [string, string],
  measured: readonly (readonly (readonly Measurement[])[])[],
): string {
  const items = measured.flatMap((rounds, side) =>
    rounds.flatMap((measurements, round) =>
      measurements.flatMap(dataItems).map((item) => ({
        ...item,
        labels: { ...item.labels, configuration: configurations[side] ?? '', round: String(round + 1) },
      })),
    ),
  );
  return `${JSON.stringify({ version: 'v1', dataItems: items, comparison: { configurations, parts } }, null, 2)}\n`;
}
