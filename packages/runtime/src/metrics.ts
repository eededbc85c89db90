import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

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
