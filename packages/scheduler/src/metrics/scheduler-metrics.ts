import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { FastHistogram, type Series } from './fast-histogram.js';

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

/** What gauges are read from when they are asked for. */
export interface MetricSources {
  readonly queueSizes: () => Readonly<Record<string, number>>;
  readonly unschedulable: () => ReadonlyMap<string, number>;
  readonly cacheSizes: () => Readonly<Record<'nodes' | 'pods' | 'assumed_pods', number>>;
  readonly inFlightEvents: () => number;
  readonly profile: string;
}

export interface SchedulerMetrics {
  attempt(profile: string, result: AttemptResult, seconds: number): void;
  algorithm(seconds: number): void;
  extensionPoint(profile: string, extensionPoint: string, status: string, seconds: number): void;
  plugin(plugin: string, extensionPoint: string, seconds: number): void;
  podScheduled(attempts: number, seconds: number): void;
  permitWait(result: string, seconds: number): void;
  preemption(victims: number): void;
  preemptionAttempt(): void;
  incoming(queue: string, event: string): void;
}

/** From 1 ms, doubling; as Kubernetes' histograms of attempts. */
const ATTEMPT_SECONDS = exponential(0.0001, 2, 18);
/** From 10 µs, by 1.5. */
const PLUGIN_SECONDS = exponential(0.00001, 1.5, 20);

function exponential(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Number((start * factor ** index).toPrecision(6)));
}

/** Under kube-scheduler's names and labels. */
export function createSchedulerMetrics(registry: Registry, sources: MetricSources): SchedulerMetrics {
  registerGauges(registry, sources);
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    cached(new FastHistogram<L>({ name: `scheduler_${name}`, help, labelNames, buckets }, registry));
  const attemptSeconds = histogram(
    'scheduling_attempt_duration_seconds',
    'Time of an attempt, its binding included, by result',
    ['result', 'profile'],
    ATTEMPT_SECONDS,
  );
  const algorithmSeconds = histogram(
    'scheduling_algorithm_duration_seconds',
    'Time to decide on a node',
    [],
    ATTEMPT_SECONDS,
  );
  const extensionPointSeconds = histogram(
    'framework_extension_point_duration_seconds',
    'Time of all plugins of an extension point',
    ['extension_point', 'status', 'profile'],
    ATTEMPT_SECONDS,
  );
  const pluginSeconds = histogram(
    'plugin_execution_duration_seconds',
    'Time of one plugin at an extension point, of every tenth pod',
    ['plugin', 'extension_point', 'status'],
    PLUGIN_SECONDS,
  );
  const sliSeconds = histogram(
    'pod_scheduling_sli_duration_seconds',
    "Time from a pod's first attempt to be queued until it is bound",
    ['attempts'],
    exponential(0.01, 2, 20),
  );
  const permitSeconds = histogram(
    'permit_wait_duration_seconds',
    'Time that pods waited for permission',
    ['result'],
    exponential(0.001, 2, 15),
  );
  const attempts = new Counter({
    name: 'scheduler_schedule_attempts_total',
    help: 'Attempts to schedule a pod, by result',
    labelNames: ['result', 'profile'],
    registers: [registry],
  });
  const podAttempts = new Histogram({
    name: 'scheduler_pod_scheduling_attempts',
    help: 'How many attempts a pod took until it was bound',
    buckets: [1, 2, 4, 8, 16],
    registers: [registry],
  });
  const { preemptionAttempts, victims, incoming } = preemptionAndQueue(registry);
  return {
    attempt(profile, result, seconds) {
      attempts.inc({ result, profile });
      attemptSeconds(result, profile).observe(seconds);
    },
    algorithm: (seconds) => algorithmSeconds().observe(seconds),
    extensionPoint: (profile, point, status, seconds) => extensionPointSeconds(point, status, profile).observe(seconds),
    plugin: (plugin, point, seconds) => pluginSeconds(plugin, point, 'Success').observe(seconds),
    podScheduled(count, seconds) {
      sliSeconds(String(count > 15 ? '16+' : count)).observe(seconds);
      podAttempts.observe(count);
    },
    permitWait: (result, seconds) => permitSeconds(result).observe(seconds),
    preemption: (count) => victims.observe(count),
    preemptionAttempt: () => preemptionAttempts.inc(),
    incoming: (queue, event) => incoming.inc({ queue, event }),
  };
}

/** Finds a series again by the values of its labels, without making an object for it. */
function cached<L extends string>(histogram: FastHistogram<L>): (...values: string[]) => Series {
  const series = new Map<string, Series>();
  return (...values) => {
    const key = values.join('\0');
    const known = series.get(key);
    if (known) return known;
    const made = histogram.with(
      Object.fromEntries(histogram.labelNames.map((name, index) => [name, values[index] ?? ''])) as Record<L, string>,
    );
    series.set(key, made);
    return made;
  };
}

function preemptionAndQueue(registry: Registry) {
  const registers = [registry];
  return {
    preemptionAttempts: new Counter({
      name: 'scheduler_preemption_attempts_total',
      help: 'Attempts to make room by preemption',
      registers,
    }),
    victims: new Histogram({
      name: 'scheduler_preemption_victims',
      help: 'How many pods were preempted for one',
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers,
    }),
    incoming: new Counter({
      name: 'scheduler_queue_incoming_pods_total',
      help: 'Pods that entered a queue, by the event that brought them',
      labelNames: ['queue', 'event'],
      registers,
    }),
  };
}

function registerGauges(registry: Registry, sources: MetricSources): void {
  const registers = [registry];
  new Gauge({
    name: 'scheduler_pending_pods',
    help: 'Pods that wait, by queue',
    labelNames: ['queue'],
    registers,
    collect() {
      for (const [queue, size] of Object.entries(sources.queueSizes())) this.set({ queue }, size);
    },
  });
  new Gauge({
    name: 'scheduler_unschedulable_pods',
    help: 'Pods that wait, by the plugin that rejected them',
    labelNames: ['plugin', 'profile'],
    registers,
    collect() {
      this.reset();
      for (const [plugin, count] of sources.unschedulable()) this.set({ plugin, profile: sources.profile }, count);
    },
  });
  new Gauge({
    name: 'scheduler_cache_size',
    help: 'What the cache holds',
    labelNames: ['type'],
    registers,
    collect() {
      for (const [type, size] of Object.entries(sources.cacheSizes())) this.set({ type }, size);
    },
  });
  new Gauge({
    name: 'scheduler_inflight_events',
    help: 'Events that are kept for pods being decided',
    registers,
    collect() {
      this.set(sources.inFlightEvents());
    },
  });
}
