import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { SchedulingQueue } from './queue.js';

export interface SchedulerMetrics {
  readonly attempts: Counter<'result' | 'profile'>;
  readonly algorithmSeconds: Histogram;
  readonly sliSeconds: Histogram;
}

/** Under kube-scheduler's names. */
export function createSchedulerMetrics(registry: Registry, queue: SchedulingQueue): SchedulerMetrics {
  const registers = [registry];
  new Gauge({
    name: 'scheduler_pending_pods',
    help: 'Pods that wait, by queue',
    labelNames: ['queue'],
    registers,
    collect() {
      for (const [name, size] of Object.entries(queue.sizes)) this.set({ queue: name }, size);
    },
  });
  return {
    attempts: new Counter({
      name: 'scheduler_schedule_attempts_total',
      help: 'Attempts to schedule a pod, by result',
      labelNames: ['result', 'profile'],
      registers,
    }),
    algorithmSeconds: new Histogram({
      name: 'scheduler_scheduling_algorithm_duration_seconds',
      help: 'Time to decide on a node',
      buckets: [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1],
      registers,
    }),
    sliSeconds: new Histogram({
      name: 'scheduler_pod_scheduling_sli_duration_seconds',
      help: "Time from a pod's creation until it is bound",
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300],
      registers,
    }),
  };
}
