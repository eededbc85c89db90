import { endpointSlices, services } from '@kubelab/api';
import { createComponentClient, createInformer } from '@kubelab/client';
import type { Component, ComponentContext } from '@kubelab/runtime';
import type { Backend, BackendOptions } from './backend/backend.js';
import { serveHealthz } from './healthz-server.js';
import type { ProxyOptions } from './options.js';
import { createProxyMetrics } from './proxy-metrics.js';
import { RuleLoop, SERVICE_INDEX, serviceKeyOf } from './rule-loop.js';

export type BackendFactories = Readonly<Record<ProxyOptions['proxyMode'], (options: BackendOptions) => Backend>>;

/** The Services of the cluster as packet rules of this network namespace. What it has programmed outlives it. */
export function createProxy(options: ProxyOptions, backends: BackendFactories): Component {
  return {
    name: 'proxy',
    instance: options.nodeName,
    run: (signal, context) => run(options, backends, signal, context),
  };
}

async function run(
  options: ProxyOptions,
  backends: BackendFactories,
  signal: AbortSignal,
  context: ComponentContext,
): Promise<void> {
  const client = await createComponentClient(options, context, `proxy/${options.nodeName}`);
  try {
    const serviceInformer = createInformer(client, services, {}, context.log);
    const sliceInformer = createInformer(
      client,
      endpointSlices,
      {
        indexes: {
          [SERVICE_INDEX]: (slice) => {
            const key = serviceKeyOf(slice);
            return key === undefined ? [] : [key];
          },
        },
      },
      context.log,
    );
    const loop = new RuleLoop({
      nodeName: options.nodeName,
      backend: backends[options.proxyMode]({
        clusterCidr: options.clusterCidr,
        serviceCidr: options.serviceClusterIpRange,
      }),
      services: serviceInformer,
      slices: sliceInformer,
      metrics: createProxyMetrics(context.metrics),
      verifyPeriodMs: options.verifyPeriodMs,
    });
    context.health.add('rules', 'ready', () => {
      if (!loop.programmed) throw new Error('the rules of the Services are not in the kernel yet');
    });
    context.health.complete();
    context.debugPages?.set('/proxyMode', () => options.proxyMode);
    const { healthzBindAddress } = options;
    const healthz = healthzBindAddress && (await serveHealthz(healthzBindAddress, () => loop.freshness, signal));
    await Promise.all([serviceInformer.run(signal), sliceInformer.run(signal), loop.run(signal, context)]);
    if (healthz) await healthz.closed;
  } finally {
    await client.close();
  }
}
