import { setMaxListeners } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { nodes, pods, services } from '@kubelab/api';
import {
  createApiClient,
  createComponentClient,
  createEventRecorder,
  createInformer,
  type SessionApiClient,
} from '@kubelab/client';
import { type Component, type ComponentContext, readTlsMaterial, systemClock } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { createContainerCache } from './container-cache.js';
import { createDockerRuntime } from './container-runtime/docker.js';
import { readMachineCapabilities } from './container-runtime/machine-capabilities.js';
import { expandCommand } from './environment/expand-command.js';
import { expandEnvironment } from './environment/expand-environment.js';
import { HOLLOW_LABEL } from './hollow/node-shape.js';
import { createImageManager } from './images/image-manager.js';
import { createLimiter } from './limiter.js';
import { createPodNetwork } from './network/create-pod-network.js';
import { machineProcess, readMachine } from './node/machine.js';
import { createNodeReporter } from './node/node-reporter.js';
import { createNodeObjects } from './node-objects.js';
import type { KubeletOptions } from './options.js';
import { createPodEvents, type PodEvents } from './pod-events.js';
import { createPodWorkers, runPodWorkers } from './pod-worker/pod-workers.js';
import { checkProbe } from './probes/probe-check.js';
import { createNodeServer } from './server/node-server.js';
import { createStatsSummary } from './server/stats.js';
import { createStatusWriter } from './status/status-writer.js';
import { createVolumeManager } from './volumes/create-volume-manager.js';
import { createServiceAccountTokens } from './volumes/service-account-tokens.js';

/** The kubelet of one node. Building it opens nothing. */
export function createKubelet(options: KubeletOptions): Component {
  return {
    name: 'kubelet',
    instance: options.nodeName,
    async run(signal, context) {
      const client = await createComponentClient(options, context, 'kubelet');
      const networkClient = await createNetworkClient(options, context);
      // Whatever ends first ends the others.
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      // Every pod, watch and connection listens to it.
      setMaxListeners(0, either);
      try {
        const parts = await buildParts(options, { client, networkClient }, context, either);
        const ending = (part: Promise<void>): Promise<void> => part.finally(() => stop.abort());
        await Promise.all(parts.map((run) => ending(run(either))));
      } finally {
        stop.abort();
        await Promise.all([client.close(), networkClient?.close()]);
      }
    },
  };
}

/** Nothing is sent to nodes that only pretend, and there may be thousands of them. */
const ROUTED_NODES = { labelSelector: `!${HOLLOW_LABEL}` };

type Part = (signal: AbortSignal) => Promise<void>;

interface Clients {
  readonly client: SessionApiClient;
  /** Of the node network; undefined where the node has no others to reach. */
  readonly networkClient: SessionApiClient | undefined;
}

/** A kubelet sees its own Node alone (KEP-4601), so whoever makes the routes to the others asks under another name. */
async function createNetworkClient(
  { apiserver, caFile, networkCertFile, networkKeyFile }: KubeletOptions,
  { log }: ComponentContext,
): Promise<SessionApiClient | undefined> {
  if (networkCertFile === undefined || networkKeyFile === undefined) return undefined;
  const tls = await readTlsMaterial({ caFile, certFile: networkCertFile, keyFile: networkKeyFile });
  return createApiClient({ addresses: apiserver, tls, component: 'node-network', log });
}

/** Everything that runs, wired together. */
async function buildParts(
  options: KubeletOptions,
  { client, networkClient }: Clients,
  { log, tracer, health }: ComponentContext,
  signal: AbortSignal,
): Promise<readonly Part[]> {
  const clock = systemClock;
  const { nodeName, nodeIp } = options;
  const rootDirectory = options.rootDir;
  await mkdir(rootDirectory, { recursive: true });
  const capabilities = readMachineCapabilities();
  const machine = await readMachine();
  const hostPid = machineProcess();
  const runtime = createDockerRuntime({
    dockerHost: options.dockerHost,
    ownership: { clusterName: options.clusterName, nodeName },
    pauseImage: options.pauseImage,
    nodeContainer: options.nodeContainer,
    capabilities,
    logMaxSizeBytes: options.containerLogMaxSizeBytes,
    logMaxFiles: options.containerLogMaxFiles,
  });
  const recorder = createEventRecorder({ client, component: 'kubelet', host: nodeName, log, signal });
  const events = createPodEvents(recorder);
  const cache = createContainerCache({ runtime, log, clock });
  const podInformer = createInformer(client, pods, { fieldSelector: `spec.nodeName=${nodeName}` }, log);
  const serviceInformer = createInformer(client, services, {}, log);
  const ownNodeInformer = createInformer(client, nodes, { fieldSelector: `metadata.name=${nodeName}` }, log);
  const nodeInformer = networkClient ? createInformer(networkClient, nodes, ROUTED_NODES, log) : ownNodeInformer;
  const objects = createNodeObjects({ client, log, signal });
  const network = createPodNetwork({
    nodeName,
    nodeIp,
    nodes: nodeInformer,
    rootDirectory,
    cniBinDir: options.cniBinDir,
    cniConfDir: options.cniConfDir,
    mode: options.podNetworkMode,
    clusterDns: { servers: options.clusterDns, domain: options.clusterDomain },
    log,
    warn: warnings(events, log),
    hostPid,
  });
  const reporter = await createNodeReporter({
    options,
    client,
    nodes: ownNodeInformer,
    runtime,
    machine,
    recorder,
    clock,
    log,
    notReady: () => cache.failure() ?? network.notReadyReason(),
  });
  const node = reporter.facts;
  const status = createStatusWriter({
    client,
    cached: ({ metadata }) => podInformer.get(`${metadata.namespace}/${metadata.name}`),
    clock,
    log,
    signal,
  });
  const requestToken = createServiceAccountTokens({ client, clock, log });
  const volumes = createVolumeManager({ rootDirectory, lookups: objects, node, log, requestToken, hostPid });
  const images = createImageManager({
    runtime,
    lookups: objects,
    events,
    clock,
    pullConcurrency: options.maxParallelImagePulls,
  });
  const workers = createPodWorkers({
    pods: podInformer,
    objects,
    room: reporter.room,
    currentRoom: reporter.currentRoom,
    allowedUnsafeSysctls: options.allowedUnsafeSysctls,
    context: {
      client,
      runtime,
      cache,
      images,
      volumes,
      network,
      lookups: objects,
      expandEnvironment,
      expandCommand,
      node: () => node,
      services: () => serviceInformer.list(),
      events,
      status,
      turn: () => Promise.resolve(),
      checkProbe,
      tracer,
      clock,
      log,
      engineLimiter: createLimiter(options.engineConcurrency),
      drainPeriodMs: options.endpointDrainPeriodMs,
      machineMemoryBytes: machine.memoryBytes,
      missingCapabilities: capabilities.missing,
      imageIdOf: reporter.imageIdOf,
      engineName: 'docker',
    },
  });
  const summarize = createStatsSummary({ nodeName, runtime, cache, pods: podInformer, machine, clock });
  const server = createNodeServer({ options, runtime, cache, pods: podInformer, summarize, clock, tracer, log });
  health.add('container-engine', 'ready', () => {
    const failure = cache.failure();
    if (failure !== undefined) throw new Error(failure);
  });
  health.complete();
  const parts: readonly Part[] = [
    (running) => cache.run(running),
    (running) => podInformer.run(running),
    (running) => serviceInformer.run(running),
    (running) => ownNodeInformer.run(running),
    ...(networkClient ? [(running: AbortSignal) => nodeInformer.run(running)] : []),
    (running) => network.run(running),
    (running) => reporter.run(running),
    // Service variables are part of a container's environment: none is made before they are known.
    (running) => serviceInformer.synced(running).then(() => runPodWorkers(workers, running)),
    (running) => server.run(running),
  ];
  return parts.map(quietly);
}

/** That the cluster has no DNS is no fault of a pod's: it is said once, in the log. */
function warnings(events: PodEvents, log: Logger): PodEvents['warning'] {
  let said = false;
  return (pod, reason, message) => {
    if (reason !== 'MissingClusterDNS') return events.warning(pod, reason, message);
    if (!said) log.info('no --cluster-dns: pods resolve names as their node does');
    said = true;
  };
}

/** A part that ends because it was told to has not failed. */
function quietly(part: Part): Part {
  return (signal) =>
    part(signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
}
