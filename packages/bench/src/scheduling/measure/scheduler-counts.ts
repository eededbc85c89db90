import type { Distribution, SchedulerCounts } from './measurement.js';

/** Series of a Prometheus text by name and labels. */
export type Series = ReadonlyMap<
  string,
  { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }
>;

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const LIMIT_MS = 5_000;

const HISTOGRAMS = [
  'scheduler_pod_scheduling_sli_duration_seconds',
  'scheduler_scheduling_attempt_duration_seconds',
  'scheduler_scheduling_algorithm_duration_seconds',
] as const;

/** What the scheduler serves; undefined where it cannot be asked. */
export async function readSeries(url: string): Promise<Series | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
    return response.ok ? parseSeries(await response.text()) : undefined;
  } catch {
    return undefined;
  }
}

export function parseSeries(text: string): Series {
  const series = new Map<string, { name: string; labels: Record<string, string>; value: number }>();
  for (const line of text.split('\n')) {
    const [, name, labelText = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    const labels = Object.fromEntries([...labelText.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text]));
    series.set(`${name}{${labelText}}`, { name, labels, value: Number(value) });
  }
  return series;
}

/** What was counted between the two looks. */
export function countsBetween(before: Series, after: Series): SchedulerCounts {
  const grown = [...after].map(([key, { name, labels, value }]) => {
    const then = before.get(key)?.value ?? 0;
    // One that is less than it was has begun anew: the scheduler was started again.
    return { name, labels, value: value < then ? value : value - then };
  });
  const attempts: Record<string, number> = {};
  for (const { name, labels, value } of grown)
    if (name === 'scheduler_schedule_attempts_total' && value > 0)
      attempts[labels.result ?? ''] = (attempts[labels.result ?? ''] ?? 0) + value;
  const preemptionAttempts = grown.find(({ name }) => name === 'scheduler_preemption_attempts_total')?.value ?? 0;
  const durations = HISTOGRAMS.map((name) => [name, histogramOf(name, grown)] as const);
  return {
    attempts,
    preemptionAttempts,
    durations: Object.fromEntries(durations.filter(([, { count }]) => count > 0)),
  };
}

type Grown = readonly {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}[];

/** All series of a histogram together; percentiles are interpolated within their buckets, as PromQL does it. */
function histogramOf(name: string, grown: Grown): Distribution {
  const buckets = new Map<number, number>();
  let [sum, count] = [0, 0];
  for (const { name: series, labels, value } of grown) {
    if (series === `${name}_sum`) sum += value;
    if (series === `${name}_count`) count += value;
    if (series !== `${name}_bucket`) continue;
    const limit = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
    buckets.set(limit, (buckets.get(limit) ?? 0) + value);
  }
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const at = (fraction: number): number => quantileOf(sorted, fraction * count);
  return {
    count,
    average: sum / count,
    perc50: at(0.5),
    perc90: at(0.9),
    perc95: at(0.95),
    perc99: at(0.99),
    max: at(1),
  };
}

function quantileOf(buckets: readonly (readonly [limit: number, cumulative: number])[], rank: number): number {
  let [lower, below] = [0, 0];
  for (const [limit, cumulative] of buckets) {
    if (cumulative >= rank && cumulative > below)
      return limit === Number.POSITIVE_INFINITY
        ? lower
        : lower + ((rank - below) / (cumulative - below)) * (limit - lower);
    [lower, below] = [limit, cumulative];
  }
  return lower;
}
