import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { InFlight } from './in-flight.js';

/** What a path stands for, in the words of Kubernetes' metrics. */
export interface PathLabels {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** For what is no resource: the path. */
  readonly subresource: string;
  readonly scope: 'resource' | 'namespace' | 'cluster' | '';
}

export interface RequestLabels extends PathLabels {
  readonly verb: string;
  /** `All` or "". */
  readonly dryRun: string;
}

/** Kubernetes' own names and labels, so that its dashboards show this server too. */
export interface RequestMetrics {
  observe(labels: RequestLabels, status: number, seconds: number): void;
  /** Counts an answer of which the time says nothing. */
  count(labels: RequestLabels, status: number): void;
  longRunning(labels: RequestLabels, change: 1 | -1): void;
}

const PATH_LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'] as const;
const BUCKETS_SECONDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

export function createRequestMetrics(registry: Registry, inFlight: InFlight): RequestMetrics {
  const registers = [registry];
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests answered over REST.',
    labelNames: [...PATH_LABELS, 'dry_run', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time from a request to the end of its answer; watches and streams are left out.',
    labelNames: [...PATH_LABELS, 'dry_run'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const running = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches and streams that are open.',
    labelNames: PATH_LABELS,
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
    observe(labels, status, seconds) {
      const timed = { ...pathLabels(labels), dry_run: labels.dryRun };
      total.inc({ ...timed, code: status });
      duration.observe(timed, seconds);
    },
    count: (labels, status) => total.inc({ ...pathLabels(labels), dry_run: labels.dryRun, code: status }),
    longRunning: (labels, change) => running.inc(pathLabels(labels), change),
  };
}

function pathLabels({ verb, group, version, resource, subresource, scope }: RequestLabels) {
  return { verb, group, version, resource, subresource, scope, component: 'apiserver' };
}
