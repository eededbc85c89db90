import type { ResourceType } from '@kubelab/api';
import type { HealthRegistry, Tracer } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { Registry as Metrics } from 'prom-client';
import type { Auditor } from '../audit/auditor.js';
import type { RequestAuthenticator } from '../authn/request-authenticator.js';
import type { Authorizer } from '../authz/authorizer.js';
import type { Registry } from '../registry/registry.js';
import type { StreamHandlers } from '../streams/stream-handlers.js';
import { discoveryRoutes } from './discovery.js';
import { groupVersionsOf, rootPathOf } from './discovery-documents.js';
import { documentHandler, lazyDocument } from './document.js';
import { createInFlight, type InFlightLimits } from './in-flight.js';
import { openApiRoutes } from './openapi.js';
import { plainRoutes } from './plain-routes.js';
import { proxyHandler } from './proxy-handler.js';
import { createRequestMetrics } from './request-metrics.js';
import { resourceHandler } from './resource-handler.js';
import { createRestFace, type RestFace } from './rest-face.js';
import { addResourceRoutes, createRouter } from './router.js';
import { type ServiceAccountIssuer, serviceAccountIssuerRoutes } from './service-account-issuer.js';
import { streamHandler } from './stream-handler.js';

export interface RestFaceParts {
  readonly registry: Registry;
  readonly resources: readonly ResourceType[];
  readonly authenticator: RequestAuthenticator;
  readonly authorizer: Authorizer;
  /** Who checks service account tokens by himself asks for it. */
  readonly issuer: Omit<ServiceAccountIssuer, 'serverAddress'>;
  readonly streams: StreamHandlers;
  readonly health: HealthRegistry;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly log: Logger;
  readonly limits: InFlightLimits;
  readonly requestTimeoutMs: number;
  /** Undefined: nothing is audited. */
  readonly auditor: Auditor | undefined;
  /** `IP:PORT`, for discovery. */
  readonly serverAddress: string;
  /** Watches end when it aborts. */
  readonly stopping: AbortSignal;
}

/** Every path that the REST face has. */
export function buildRestFace(parts: RestFaceParts): RestFace {
  const { resources, registry, authorizer, streams, stopping } = parts;
  const router = createRouter();
  const plain = [
    ...plainRoutes({ health: parts.health, metrics: parts.metrics }),
    ...discoveryRoutes(resources, parts.serverAddress),
    ...openApiRoutes(resources),
    ...serviceAccountIssuerRoutes({ ...parts.issuer, serverAddress: parts.serverAddress }),
  ];
  const paths = () => plain.map(([path]) => path).filter((path) => !path.includes('*'));
  const index = lazyDocument(() => ({ paths: paths().sort() }), 2);
  for (const [path, handle] of [...plain, ['/', documentHandler(index)] as const])
    router.add(path, { kind: 'plain', handle });
  const inFlight = createInFlight({ ...parts.limits, waitMs: parts.requestTimeoutMs / 4 });
  const handlerOptions = { registry, authorizer, inFlight, tracer: parts.tracer, stopping };
  for (const resource of resources) {
    addResourceRoutes(
      router,
      resource,
      (path) => resourceHandler(path, handlerOptions),
      (subresource) => streamHandler(subresource, { registry, authorizer, streams }),
      () => proxyHandler(resource, { registry, authorizer, streams, stopping }),
    );
  }
  return createRestFace({
    router,
    authenticator: parts.authenticator,
    authorizer,
    log: parts.log,
    metrics: createRequestMetrics(parts.metrics, inFlight),
    apiRoots: groupVersionsOf(resources).map(rootPathOf),
    requestTimeoutMs: parts.requestTimeoutMs,
    auditor: parts.auditor,
  });
}
