import { setMaxListeners } from 'node:events';
import { type ResourceType, servedResources } from '@kubelab/api';
import {
  type Component,
  type ComponentContext,
  createHealthChecks,
  type HealthCheck,
  readTlsMaterial,
} from '@kubelab/runtime';
import { defaultAdmission } from './admission/chain.js';
import type { Auditor } from './audit/auditor.js';
import { auditorOf } from './audit/create-auditor.js';
import { type Authentication, createAuthentication } from './authn/authentication.js';
import { type Authorization, createAuthorization } from './authz/authorization.js';
import { ensureDefaultRoles } from './authz/default-roles/reconcile.js';
import { withEscalationCheck } from './authz/rbac/escalation-check.js';
import { ensureDefaultServiceCidr } from './bootstrap/default-service-cidr.js';
import { kubernetesService } from './bootstrap/kubernetes-service.js';
import { periodically } from './bootstrap/periodic.js';
import { ensurePriorityClasses } from './bootstrap/priority-classes.js';
import { ensureSystemNamespaces } from './bootstrap/system-namespaces.js';
import { listenGrpc } from './grpc/grpc-server.js';
import { createPerformer } from './grpc/perform.js';
import { targetResolver } from './grpc/targets.js';
import { spanReceiver } from './grpc/trace-methods.js';
import type { ApiserverOptions } from './options.js';
import { kindHooks } from './registry/hooks/kind-hooks.js';
import { createServiceRanges, type ServiceRanges } from './registry/ranges/service-ranges.js';
import { createRegistry, type Registry } from './registry/registry.js';
import { subresourceTable } from './registry/subresources/subresource-table.js';
import { componentStatusResource } from './registry/virtual/component-statuses.js';
import { podBindings } from './registry/virtual/pod-bindings.js';
import { reviews } from './registry/virtual/reviews/reviews.js';
import { buildRestFace } from './rest/build-rest-face.js';
import { listenHttps } from './rest/https-server.js';
import { EtcdStorage } from './storage/etcd-storage.js';
import type { Storage } from './storage/storage.js';
import { measureStorage } from './storage/storage-metrics.js';
import { kubeletAccess } from './streams/kubelet-access.js';
import type { StreamHandlers } from './streams/stream-handlers.js';
import { createSpanRing } from './trace/ring.js';

/** Where a running server listens. */
export interface ListeningPorts {
  readonly securePort: number;
  readonly grpcPort: number;
}

export interface ApiserverParts {
  /** Who carries logs, exec, attach and port-forward to kubelets. */
  readonly streams?: StreamHandlers;
  /** Called once both servers listen; `ready` once all is there. */
  readonly onListening?: (ports: ListeningPorts) => void;
  readonly onReady?: () => void;
}

const SERVICE_INTERVAL_MS = 10_000;
const REPAIR_INTERVAL_MS = 3 * 60_000;
/** How long requests in flight may take once the server stops. */
const SHUTDOWN_GRACE_MS = 10_000;
const WITHDRAW_LIMIT_MS = 2_000;

/** The apiserver as a component. Throws for options that make no sense together; opens nothing. */
export function createApiserver(options: ApiserverOptions, parts: ApiserverParts = {}): Component {
  return {
    name: 'apiserver',
    instance: options.advertiseAddress,
    run: (signal, context) => run(options, parts, signal, context),
  };
}

async function run(
  options: ApiserverOptions,
  parts: ApiserverParts,
  signal: AbortSignal,
  context: ComponentContext,
): Promise<void> {
  const { log } = context;
  const etcd = new EtcdStorage({
    endpoints: options.etcdServers,
    tls: etcdTls(options),
    log,
    prefix: etcdPrefix(options),
    compactionIntervalMs: options.etcdCompactionIntervalMs,
  });
  const storage = measureStorage(etcd, context.metrics);
  const ranges = createServiceRanges(storage, options);
  const readiness = createReadiness(storage, context);
  const authorization = createAuthorization(options, storage);
  const authentication = await createAuthentication(options, storage);
  const auditor = await auditorOf(options, log);
  const foundation = { options, parts, storage, ranges, readiness, authentication, authorization, auditor };
  const registry = buildRegistry(foundation);
  /** Outlives `signal`: requests in flight still need the storage. */
  const storageStop = new AbortController();
  const running = storage.run(storageStop.signal);
  try {
    await Promise.race([running, serve({ ...foundation, registry }, signal, context)]);
  } finally {
    storageStop.abort();
    await running.catch((error: unknown) => log.error({ error }, 'the storage failed'));
    auditor?.close();
  }
}

interface Foundation {
  readonly options: ApiserverOptions;
  readonly parts: ApiserverParts;
  readonly storage: Storage;
  readonly ranges: ServiceRanges;
  readonly readiness: Readiness;
  readonly authentication: Authentication;
  readonly authorization: Authorization;
  readonly auditor: Auditor | undefined;
}

interface Built extends Foundation {
  readonly registry: Registry;
}

async function serve(built: Built, signal: AbortSignal, context: ComponentContext): Promise<void> {
  const { options, parts, storage, registry } = built;
  const { log } = context;
  const stopping = new AbortController();
  // Every watch listens to it.
  setMaxListeners(0, stopping.signal);
  const faces = await listen(built, stopping.signal, context);
  parts.onListening?.({ securePort: faces.rest.port, grpcPort: faces.grpc.port });
  log.info({ securePort: faces.rest.port, grpcPort: faces.grpc.port }, 'listening');
  const service = kubernetesService(registry, built.ranges.defaultIps, {
    address: options.advertiseAddress,
    port: faces.rest.port,
  });
  let work: Promise<unknown> = Promise.resolve();
  try {
    await storage.ready(signal);
    await ensureDefaultServiceCidr(registry, built.ranges.defaultIps.text, signal);
    await built.ranges.repair();
    await ensureSystemNamespaces(registry, signal);
    await ensurePriorityClasses(registry, signal);
    const roles = ensureDefaultRoles(registry, signal).then(built.authorization.setBootstrapped);
    await Promise.all([roles, service.reconcile(signal)]);
    faces.setReady();
    log.info('ready');
    parts.onReady?.();
    work = Promise.all([
      periodically('kubernetes service', SERVICE_INTERVAL_MS, service.reconcile, signal, log),
      periodically('repair of service ranges', REPAIR_INTERVAL_MS, built.ranges.repair, signal, log),
    ]);
    await aborted(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    faces.setStopping();
    await work;
    await pause(options.shutdownDelayMs);
    await service
      .withdraw(AbortSignal.timeout(WITHDRAW_LIMIT_MS))
      .catch((error: unknown) => log.warn({ error }, 'could not be taken out of the kubernetes Service'));
    stopping.abort();
    await Promise.all([faces.rest.close(SHUTDOWN_GRACE_MS), faces.grpc.close(SHUTDOWN_GRACE_MS)]);
  }
}

async function listen(built: Built, stopping: AbortSignal, context: ComponentContext) {
  const { options, parts, registry, readiness, authentication, auditor } = built;
  const { authorizer } = built.authorization;
  const { log, tracer, metrics } = context;
  const resources: readonly ResourceType[] = servedResources;
  const { health } = readiness;
  const tls = await readTlsMaterial({
    caFile: options.clientCaFile,
    certFile: options.tlsCertFile,
    keyFile: options.tlsKeyFile,
  });
  const ring = createSpanRing();
  tracer.setSink(ring.add);
  const face = buildRestFace({
    registry,
    resources,
    authenticator: authentication.requests,
    authorizer,
    issuer: {
      issuer: authentication.issuer,
      keys: authentication.keys.verifying,
      jwksUri: options.serviceAccountJwksUri,
    },
    streams: parts.streams ?? (await kubeletAccess(options, { registry, tracer, log, stopping })),
    health,
    metrics,
    tracer,
    log,
    limits: { readOnly: options.maxRequestsInflight, mutating: options.maxMutatingRequestsInflight },
    requestTimeoutMs: options.requestTimeoutMs,
    serverAddress: `${options.advertiseAddress}:${options.securePort}`,
    stopping,
    auditor,
  });
  const rest = await listenHttps(face, { host: options.bindAddress, port: options.securePort, tls });
  const grpc = await listenGrpc({
    host: options.bindAddress,
    port: options.grpcPort,
    tls,
    performer: createPerformer({ registry, authorizer, resolve: targetResolver(resources), tracer, auditor }),
    authorizer,
    receiveSpans: spanReceiver(ring),
    ring,
    stopping,
    requestTimeoutMs: options.requestTimeoutMs,
    onError: (error) => log.error({ error }, 'gRPC request failed'),
  });
  return {
    rest,
    grpc,
    setReady() {
      readiness.set('ready');
      grpc.setServing(true);
    },
    setStopping() {
      readiness.set('stopping');
      grpc.setServing(false);
    },
  };
}

type Readiness = ReturnType<typeof createReadiness>;
type ReadinessState = 'starting' | 'ready' | 'stopping';

/** The checks of the server and of its process. Made before anything is awaited: neither may answer too early. */
function createReadiness(storage: Storage, context: ComponentContext) {
  const health = createHealthChecks();
  let state: ReadinessState = 'starting';
  const check = (name: string, kind: 'live' | 'ready', run: HealthCheck) => {
    health.add(name, kind, run);
    context.health.add(name, kind, run);
  };
  health.add('ping', 'live', () => {});
  check('etcd', 'live', () => storage.checkHealth());
  check('poststarthook/bootstrap', 'ready', () => {
    if (state === 'starting') throw new Error('not finished');
  });
  health.add('shutdown', 'ready', () => {
    if (state === 'stopping') throw new Error('the process is shutting down');
  });
  health.complete();
  context.health.complete();
  return {
    health,
    set(next: ReadinessState) {
      state = next;
    },
  };
}

function buildRegistry({ options, storage, ranges, authentication, authorization }: Foundation): Registry {
  const { authorizer, policy } = authorization;
  const registry: Registry = createRegistry({
    storage,
    resources: servedResources,
    admission: withEscalationCheck(defaultAdmission(storage, authorizer, options), policy, authorizer),
    hooks: kindHooks(storage, ranges),
    subresources: subresourceTable(storage, {
      ...authentication,
      maxExpirationSeconds: options.serviceAccountMaxTokenExpirationMs / 1000,
      extendExpiration: options.serviceAccountExtendTokenExpiration,
    }),
    virtual: [podBindings(() => registry), componentStatusResource(storage), ...reviews(authentication, authorizer)],
    timeToLiveSeconds: Math.ceil(options.eventTtlMs / 1000),
  });
  return registry;
}

/** As Kubernetes takes it, with or without slashes around. */
function etcdPrefix({ etcdPrefix: text }: ApiserverOptions): string {
  const prefix = `/${text.replace(/^\/+|\/+$/g, '')}`;
  if (prefix === '/') throw new Error('--etcd-prefix must not be empty');
  return prefix;
}

function etcdTls({ etcdCaFile: caFile, etcdCertFile: certFile, etcdKeyFile: keyFile }: ApiserverOptions) {
  if (caFile === undefined && certFile === undefined && keyFile === undefined) return undefined;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new Error('--etcd-cert-file and --etcd-key-file are given together or not at all');
  }
  return { caFile, certFile, keyFile };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function pause(delayMs: number): Promise<void> {
  return delayMs <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, delayMs));
}
