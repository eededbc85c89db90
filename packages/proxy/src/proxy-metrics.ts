import { Counter, Histogram, type Registry } from 'prom-client';

export interface ProxyMetrics {
  readonly syncSeconds: Histogram;
  readonly failures: Counter;
}

/** Under kube-proxy's names where it has them. */
export function createProxyMetrics(registry: Registry): ProxyMetrics {
  return {
    syncSeconds: new Histogram({
      name: 'kubeproxy_sync_proxy_rules_duration_seconds',
      help: 'Time from taking up changes to the kernel having them',
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers: [registry],
    }),
    failures: new Counter({
      name: 'kubeproxy_sync_proxy_rules_failures_total',
      help: 'Transactions that the kernel refused',
      registers: [registry],
    }),
  };
}
