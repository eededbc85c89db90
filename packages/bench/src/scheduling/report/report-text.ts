import type { Distribution, Measurement, Spread } from '../measure/measurement.js';
import type { SchedulingReport } from './scheduling-report.js';
import { textTable } from './text-table.js';

/** The report for a terminal. */
export function reportText(report: SchedulingReport): string {
  const { workload, cluster, machine, seed } = report;
  const { cpus, cpuModel, loadBefore } = machine;
  const place = `${cluster}; ${cpus} CPUs (${cpuModel}), load before: ${loadBefore}; seed ${seed}`;
  return [`\n${workload}\n  ${place}\n`, ...report.measurements.map(measurementText)].join('\n');
}

/** One part of it. */
export function measurementText(measurement: Measurement): string {
  const { name, pods, bound, seconds, rebound, failedFirst, throughput, balance } = measurement;
  const { scheduler, processes } = measurement;
  const trouble = [
    ...(bound < pods ? [`${pods - bound} not bound`] : []),
    ...(rebound > 0 ? [`${rebound} BOUND TWICE`] : []),
    ...(balance.overcommitted > 0 ? [`${balance.overcommitted} NODES OVERCOMMITTED`] : []),
    ...(failedFirst > 0 ? [`${failedFirst} failed at first`] : []),
    ...(balance.podsElsewhere > 0 ? [`${balance.podsElsewhere} pods on other nodes`] : []),
  ];
  const summary = `${bound} of ${pods} pods bound in ${formatNumber(seconds)} s${trouble.map((each) => `, ${each}`).join('')}`;
  const parts = [
    `${name}: ${summary}\n`,
    textTable(
      ['', ...PERCENTILES],
      [
        ['throughput, pods/s', ...figures(throughput)],
        ...Object.entries(measurement.latenciesMs).map(([stage, values]) => [`${stage}, ms`, ...figures(values)]),
        ...Object.entries(scheduler?.durations ?? {}).map(([metric, values]) => [
          schedulerRow(metric),
          ...figures(inMs(values)),
        ]),
      ],
    ),
    textTable(
      ['on each node', 'min', 'mean', 'max', 'std. deviation'],
      [
        ['pods', ...spread(balance.pods)],
        ['requested of its CPU, %', ...spread(balance.cpuShare, 100)],
        ['requested of its memory, %', ...spread(balance.memoryShare, 100)],
      ],
    ),
  ];
  if (scheduler) {
    const counts = Object.entries(scheduler.attempts).map(([result, count]) => `${count} ${result}`);
    const told = counts.length > 0 ? counts.join(', ') : 'none';
    const preemptions = scheduler.preemptionAttempts > 0 ? `, ${scheduler.preemptionAttempts} preemptions tried` : '';
    parts.push(`  attempts: ${told}${preemptions}\n`);
  }
  for (const note of measurement.notes) parts.push(`  note: ${note}\n`);
  if (processes.length > 1) {
    const rows = processes.map((each) => [
      each.ended ? `${each.name} (ended)` : each.name,
      formatNumber(each.cpuSeconds),
      formatNumber(each.cores),
      formatNumber(each.peakMemoryBytes / 2 ** 20),
    ]);
    parts.push(textTable(['process', 'CPU, s', 'cores', 'peak memory, MiB'], rows));
  }
  return parts.join('\n');
}

const ROUNDING = 1e-9;
const PERCENTILES = ['average', 'p50', 'p90', 'p95', 'p99', 'max'];

function figures({ average, perc50, perc90, perc95, perc99, max }: Omit<Distribution, 'count'>): string[] {
  return [average, perc50, perc90, perc95, perc99, max].map(formatNumber);
}

function inMs({ count, ...seconds }: Distribution): Distribution {
  const scaled = Object.entries(seconds).map(([name, value]) => [name, value * 1000] as const);
  return { count, ...(Object.fromEntries(scaled) as Omit<Distribution, 'count'>) };
}

/** `scheduler_scheduling_attempt_duration_seconds` in fewer words. */
function schedulerRow(metric: string): string {
  return `scheduler: ${metric.replace(/^scheduler_|_duration_seconds$/g, '').replaceAll('_', ' ')}, ms`;
}

function spread({ min, mean, max, standardDeviation }: Spread, factor = 1): string[] {
  return [min, mean, max, standardDeviation].map((value) => formatNumber(value * factor));
}

/** Three digits, or all of a whole number's; what is left of rounding is 0. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Math.abs(value) < ROUNDING) return '0';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
