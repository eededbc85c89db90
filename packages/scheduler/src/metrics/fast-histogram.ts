import type { Registry } from 'prom-client';

interface FastHistogramOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[];
}

/** One combination of labels: kept by who observes often. */
export interface Series {
  observe(value: number): void;
}

/**
 * A histogram for what happens thousands of times a second: an observation is
 * a search among a few numbers and two additions. Text is made when it is asked for.
 */
export class FastHistogram<L extends string> {
  readonly #options: FastHistogramOptions<L>;
  readonly #series = new Map<string, { labels: Record<string, string>; counts: Float64Array; sum: number }>();

  constructor(options: FastHistogramOptions<L>, registry: Registry) {
    this.#options = options;
    registry.registerMetric({
      name: options.name,
      help: options.help,
      get: async () => this.#collect(),
      reset: () => this.#series.clear(),
    } as unknown as Parameters<Registry['registerMetric']>[0]);
  }

  get labelNames(): readonly L[] {
    return this.#options.labelNames;
  }

  with(labels: Readonly<Record<L, string>>): Series {
    const { labelNames, buckets } = this.#options;
    const key = labelNames.map((name) => labels[name]).join('\0');
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels: { ...labels }, counts: new Float64Array(buckets.length + 1), sum: 0 };
      this.#series.set(key, series);
    }
    const own = series;
    return {
      observe(value) {
        let bucket = 0;
        while (bucket < buckets.length && value > (buckets[bucket] as number)) bucket++;
        own.counts[bucket] = (own.counts[bucket] as number) + 1;
        own.sum += value;
      },
    };
  }

  #collect() {
    const { name, help, buckets } = this.#options;
    const values: { metricName: string; labels: Record<string, string | number>; value: number }[] = [];
    for (const { labels, counts, sum } of this.#series.values()) {
      let total = 0;
      counts.forEach((count, index) => {
        total += count;
        values.push({
          metricName: `${name}_bucket`,
          labels: { le: buckets[index] ?? '+Inf', ...labels },
          value: total,
        });
      });
      values.push(
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: total },
      );
    }
    return { name, help, type: 'histogram', values, aggregator: 'sum' };
  }
}
