import {
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  Registry,
} from 'prom-client';

/**
 * A registry with Prometheus' standard process metrics (`process_*`,
 * `nodejs_*`) and `kubelab_component_info`. Kubelab's own are named `kubelab_*`.
 */
export function createMetrics(component: string, instance: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: 'kubelab_component_info',
    help: 'Which component this process is.',
    labelNames: ['component', 'instance'],
    registers: [registry],
  });
  info.set({ component, instance }, 1);
  return registry;
}

/** Those of a name that is registered already are returned as they are: several parts of a process may share them. */
export function counterIn<L extends string>(registry: Registry, configuration: CounterConfiguration<L>): Counter<L> {
  return (
    (registry.getSingleMetric(configuration.name) as Counter<L> | undefined) ??
    new Counter({ ...configuration, registers: [registry] })
  );
}

/** See {@link counterIn}. */
export function gaugeIn<L extends string>(registry: Registry, configuration: GaugeConfiguration<L>): Gauge<L> {
  return (
    (registry.getSingleMetric(configuration.name) as Gauge<L> | undefined) ??
    new Gauge({ ...configuration, registers: [registry] })
  );
}

/** See {@link counterIn}. */
export function histogramIn<L extends string>(
  registry: Registry,
  configuration: HistogramConfiguration<L>,
): Histogram<L> {
  return (
    (registry.getSingleMetric(configuration.name) as Histogram<L> | undefined) ??
    new Histogram({ ...configuration, registers: [registry] })
  );
}

export type MetricsRegistry = Registry;
