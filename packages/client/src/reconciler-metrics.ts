import { counterIn, gaugeIn, histogramIn, type MetricsRegistry } from '@kubelab/runtime';

const SECONDS_BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60];

interface ReconcilerMetrics {
  added(): void;
  started(waitedMs: number): void;
  ended(tookMs: number): void;
  retried(): void;
}

/** One set of metrics for all reconcilers of a process; the label `name` tells them apart. */
export function createReconcilerMetrics(
  registry: MetricsRegistry | undefined,
  name: string,
  depth: () => number,
): ReconcilerMetrics {
  if (!registry) return { added() {}, started() {}, ended() {}, retried() {} };
  const labelNames = ['name'] as const;
  const adds = counterIn(registry, { name: 'kubelab_workqueue_adds_total', help: 'Keys added.', labelNames });
  const retries = counterIn(registry, {
    name: 'kubelab_workqueue_retries_total',
    help: 'Reconciles that failed.',
    labelNames,
  });
  const depths = gaugeIn(registry, {
    name: 'kubelab_workqueue_depth',
    help: 'Keys that wait to be reconciled.',
    labelNames,
  });
  const waits = histogramIn(registry, {
    name: 'kubelab_workqueue_queue_duration_seconds',
    help: 'How long keys waited once they were ready.',
    labelNames,
    buckets: SECONDS_BUCKETS,
  });
  const durations = histogramIn(registry, {
    name: 'kubelab_reconcile_duration_seconds',
    help: 'How long reconciles took.',
    labelNames,
    buckets: SECONDS_BUCKETS,
  });
  const measureDepth = () => depths.set({ name }, depth());
  return {
    added() {
      adds.inc({ name });
      measureDepth();
    },
    started(waitedMs) {
      waits.observe({ name }, waitedMs / 1_000);
      measureDepth();
    },
    ended: (tookMs) => durations.observe({ name }, tookMs / 1_000),
    retried: () => retries.inc({ name }),
  };
}
