import type { Distribution, Measurement, Spread } from '../measure/measurement.js';
import type { SchedulingReport } from './scheduling-report.js';

/** One line of perf-dashboard's charts. */
interface DataItem {
  readonly data: Readonly<Record<string, number>>;
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The report as Kubernetes' perf-dashboard reads results: `version` and
 * `dataItems`, each with data, a unit and labels. Beside that, in fields that the
 * dashboard passes over, what was run, and where.
 */
export function reportJson(report: SchedulingReport): string {
  const { measurements, ...run } = report;
  const notes = measurements.flatMap((each) => each.notes.map((note) => `${each.name}: ${note}`));
  return `${JSON.stringify({ version: 'v1', dataItems: measurements.flatMap(dataItems), run: { ...run, notes } }, null, 2)}\n`;
}

export function dataItems(measurement: Measurement): DataItem[] {
  const { name, pods, bound, seconds, throughput, latenciesMs, balance, scheduler, processes } = measurement;
  const item = (metric: string, unit: string, data: DataItem['data'], labels: DataItem['labels'] = {}): DataItem => ({
    data: Object.fromEntries(Object.entries(data).filter(([, value]) => Number.isFinite(value))),
    unit,
    labels: { Name: name, Metric: metric, ...labels },
  });
  return [
    item('SchedulingThroughput', 'pods/s', percentiles(throughput)),
    item('SchedulingRun', 's', { Duration: seconds }),
    item('SchedulingPods', 'pods', { Created: pods, Bound: bound, Rebound: measurement.rebound }),
    ...Object.entries(latenciesMs).map(([stage, values]) =>
      item('SchedulingLatency', 'ms', { ...percentiles(values), Count: values.count }, { stage }),
    ),
    ...Object.entries(scheduler?.durations ?? {}).map(([metric, values]) => item(metric, 's', percentiles(values))),
    ...Object.entries(scheduler?.attempts ?? {}).map(([result, count]) =>
      item('scheduler_schedule_attempts_total', 'attempts', { Total: count }, { result }),
    ),
    item('NodePods', 'pods', spread(balance.pods)),
    item('NodeCPUShare', 'ratio', spread(balance.cpuShare)),
    item('NodeMemoryShare', 'ratio', spread(balance.memoryShare)),
    item('NodesOvercommitted', 'nodes', { Total: balance.overcommitted }),
    ...processes.map((each) =>
      item('ProcessCPU', 's', { Total: each.cpuSeconds, Cores: each.cores }, { process: each.name }),
    ),
    ...processes.map((each) => item('ProcessMemory', 'bytes', { Max: each.peakMemoryBytes }, { process: each.name })),
  ];
}

function percentiles({ average, perc50, perc90, perc95, perc99, max }: Omit<Distribution, 'count'>): DataItem['data'] {
  return { Average: average, Perc50: perc50, Perc90: perc90, Perc95: perc95, Perc99: perc99, Max: max };
}

function spread({ min, mean, max, standardDeviation }: Spread): DataItem['data'] {
  return { Min: min, Average: mean, Max: max, StdDev: standardDeviation };
}
