import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { InFlight } from './in-flight.js';

/** Kubernetes' own names, so that its dashboards show this server too. */
export interface RequestMetrics {
  observe(method: string, resource: string, status: number, seconds: number): void;
  longRunning(change: 1 | -1): void;
}

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createRequestMetrics(registry: Registry, inFlight: InFlight): RequestMetrics {
  const registers = [registry];
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests answered over REST.',
    labelNames: ['method', 'resource', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time from a request to the end of its answer; watches and streams are left out.',
    labelNames: ['method', 'resource'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const running = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches and streams that are open.',
    registers,
  });
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests being worked on.',
    labelNames: ['request_kind'],
    registers,
    collect() {
      this.set({ request_kind: 'readOnly' }, inFlight.readOnly);
      this.set({ request_kind: 'mutating' }, inFlight.mutating);
    },
  });
  return {
    observe(method, resource, status, seconds) {
      total.inc({ method, resource, code: status });
      duration.observe({ method, resource }, seconds);
    },
    longRunning: (change) => running.inc(change),
  };
}
