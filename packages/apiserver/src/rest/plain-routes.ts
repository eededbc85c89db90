import { checkHealth, type HealthRegistry } from '@kubelab/runtime';
import type { Registry as Metrics } from 'prom-client';
import { methodNotAllowed } from '../registry/not-served.js';
import { sendText } from './answer.js';
import { lazyDocument, sendDocument } from './document.js';
import type { Handler } from './exchange.js';
import { JSON_TYPE } from './negotiation.js';
import { VERSION } from './version.js';

export interface PlainRouteSources {
  readonly health: HealthRegistry;
  readonly metrics: Metrics;
}

/** Health, metrics and version: what is no part of the API. */
export function plainRoutes({ health, metrics }: PlainRouteSources): [string, Handler][] {
  const healthRoutes = (['healthz', 'livez', 'readyz'] as const).flatMap((endpoint): [string, Handler][] => {
    const handle: Handler = async (exchange) => {
      refuseWrites(exchange.method);
      const { status, body } = await checkHealth(health, endpoint, exchange.parameters['*'], exchange.query);
      sendText(exchange, status, body);
    };
    return [
      [`/${endpoint}`, handle],
      // A check's name may have a slash: poststarthook/bootstrap.
      [`/${endpoint}/*`, handle],
    ];
  });
  const version = lazyDocument(() => VERSION, 2);
  return [
    ...healthRoutes,
    // In JSON whatever is accepted, and indented for everybody, as from Kubernetes.
    ['/version', (exchange) => sendDocument(exchange, version(), JSON_TYPE)],
    [
      '/metrics',
      async (exchange) => {
        refuseWrites(exchange.method);
        const text = await metrics.metrics();
        exchange.response.writeHead(200, { 'Content-Type': metrics.contentType });
        exchange.response.end(text);
      },
    ],
  ];
}

function refuseWrites(method: string): void {
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
}
