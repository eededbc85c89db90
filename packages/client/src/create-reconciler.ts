import { isApiError } from '@kubelab/api';
import { type Clock, type MetricsRegistry, systemClock, type TraceContext, type Tracer } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { Reconcile, WorkQueue } from './reconciler.js';
import { createReconcilerMetrics } from './reconciler-metrics.js';
import { createWorkQueue, type WorkItem } from './work-queue.js';

export interface ReconcilerOptions {
  /** `ReplicaSet`: names the spans, the log lines and the metrics. */
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly log: Logger;
  readonly tracer: Tracer;
  /** No key is handed out before these are in. */
  readonly informersSynced: readonly { synced(signal?: AbortSignal): Promise<void> }[];
  /** Keys worked on at the same time; never two of the same. Default 1. */
  readonly workers?: number;
  /** Delays of a key that failed: the first, and the longest. Default 5 ms and 1,000 s, as in Kubernetes. */
  readonly backoff?: { readonly initialMs?: number; readonly maxMs?: number };
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Where the queue's and the loop's metrics are registered. Default: nowhere. */
  readonly metrics?: MetricsRegistry;
}

export interface Reconciler {
  readonly queue: WorkQueue;
  /** Reconciles until the signal aborts; resolves when the last reconcile has ended. */
  run(signal: AbortSignal): Promise<void>;
}

/** The one loop that owns every retry: a failed key comes back after a delay that doubles each time, and success forgets it. */
export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { name, reconcile, log, tracer, clock = systemClock, workers = 1 } = options;
  const { initialMs = 5, maxMs = 1_000_000 } = options.backoff ?? {};
  const metrics = createReconcilerMetrics(options.metrics, name, () => queue.size);
  const queue = createWorkQueue({ clock, onAdd: metrics.added });
  const failures = new Map<string, number>();

  const retry = (key: string, trace: TraceContext | undefined, error: unknown, keyLog: Logger) => {
    const failed = (failures.get(key) ?? 0) + 1;
    failures.set(key, failed);
    const delayMs = Math.min(initialMs * 2 ** (failed - 1), maxMs);
    metrics.retried();
    // A lost race is part of the game, and so is an apiserver that restarts.
    const level = isApiError(error, 'Conflict', 'ServiceUnavailable') ? 'debug' : 'warn';
    keyLog[level]({ error, failures: failed, delayMs }, `reconcile of ${name} failed`);
    queue.addAfter(key, delayMs, trace);
  };

  const work = async (item: WorkItem, signal: AbortSignal): Promise<void> => {
    const { key } = item;
    const startedMs = clock.now();
    metrics.started(startedMs - item.readySinceMs);
    const span = tracer.startSpan(`reconcile ${name}`, { parent: item.trace, attributes: { key } });
    const trace = span.context ?? item.trace;
    const keyLog = log.child(trace ? { key, traceId: trace.traceId } : { key });
    try {
      const result = await reconcile(key, { trace, signal, log: keyLog });
      failures.delete(key);
      span.end();
      if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs, item.trace);
    } catch (error) {
      span.end({ error });
      if (!signal.aborted) retry(key, item.trace, error, keyLog);
    } finally {
      metrics.ended(clock.now() - startedMs);
      queue.done(key);
    }
  };

  return {
    queue,
    async run(signal) {
      try {
        await Promise.all(options.informersSynced.map((informer) => informer.synced(signal)));
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      const worker = async () => {
        for (let item = await queue.next(signal); item; item = await queue.next(signal)) await work(item, signal);
      };
      await Promise.all(Array.from({ length: workers }, worker));
      queue.clear();
    },
  };
}
