import { readFile } from 'node:fs/promises';
import { type KubernetesObject, namespaces, nodes, pods, type ResourceType, resourceTable } from '@kubelab/api';
import {
  type ApiClient,
  createComponentClient,
  createElectionClient,
  createEventRecorder,
  createInformer,
  type Informer,
  runWithLeaderElection,
} from '@kubelab/client';
import { type Component, type ComponentContext, systemClock } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { clusterObjects, type ObjectKind } from './cluster/cluster-objects.js';
import type { SchedulerConfiguration } from './config/configuration.js';
import { loadPlugins } from './config/load-plugins.js';
import { defaultConfiguration, readConfiguration } from './config/read-configuration.js';
import { createCore, type SchedulingCore } from './create-core.js';
import { kindsOf } from './create-profile.js';
import { DecisionHistory } from './explain/decision-history.js';
import { Explainer } from './explain/explainer.js';
import { StageTimes } from './explain/stage-times.js';
import { HttpExtender } from './extender/http-extender.js';
import { createPostJson } from './extender/post-json.js';
import { type ClusterInformers, followCluster } from './follow-cluster.js';
import { createSchedulerMetrics, type SchedulerMetrics } from './metrics/scheduler-metrics.js';
import type { SchedulerOptions } from './options.js';
import type { QueuedPod } from './queue/queued-pod.js';
import type { PluginRegistry } from './registry.js';
import { SchedulingLoop } from './scheduling-loop.js';

const COMPONENT = 'default-scheduler';
/** `/debug/scheduling-stages?since=NUMBER`: when pods were queued and decided; see `StageTimes`. */
const STAGES_PAGE = 'scheduling-stages';
/** Of the events of 50,000 pods half remains when they are bound. */
const EVENT_CAPACITY_BYTES = 64 * 1024 * 1024;

/** Binds every pending pod to the node that suits it best. */
export function createScheduler(options: SchedulerOptions): Component {
  return { name: 'scheduler', run: (signal, context) => run(options, signal, context) };
}

/** What is settled before anything runs. */
interface Setup {
  readonly options: SchedulerOptions;
  readonly configuration: SchedulerConfiguration;
  readonly registry: PluginRegistry;
  readonly extenders: readonly HttpExtender[];
}

async function run(options: SchedulerOptions, signal: AbortSignal, context: ComponentContext): Promise<void> {
  const setup = await prepare(options);
  const { leaderElection } = setup.configuration;
  const client = await createComponentClient(options, context, 'scheduler');
  context.health.complete();
  try {
    const work = (leading: AbortSignal) => lead(setup, client, leading, context);
    if (leaderElection?.leaderElect ?? options.leaderElect) await elect(setup, signal, context, work);
    else await work(signal);
  } finally {
    await client.close();
  }
}

/** What the configuration says of the election goes before flags. */
async function elect(
  { options, configuration }: Setup,
  signal: AbortSignal,
  context: ComponentContext,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, resourceName, resourceNamespace } =
    configuration.leaderElection ?? {};
  const client = await createElectionClient(options, context, 'scheduler');
  try {
    await runWithLeaderElection({
      client,
      identity: options.leaderElectIdentity,
      name: resourceName ?? 'kube-scheduler',
      ...(resourceNamespace ? { namespace: resourceNamespace } : {}),
      leaseDurationMs: leaseDurationMs ?? options.leaderElectLeaseDurationMs,
      renewDeadlineMs: renewDeadlineMs ?? options.leaderElectRenewDeadlineMs,
      retryPeriodMs: retryPeriodMs ?? options.leaderElectRetryPeriodMs,
      log: context.log,
      signal,
      run: work,
    });
  } finally {
    await client.close();
  }
}

/** @throws ConfigurationError */
async function prepare(options: SchedulerOptions): Promise<Setup> {
  const registry = await loadPlugins(options.pluginModule);
  const configuration = options.config
    ? readConfiguration(await readFile(options.config, 'utf8'), options.config, registry)
    : withPercentage(defaultConfiguration(registry), options.percentageOfNodesToScore);
  const extenders = await Promise.all(
    configuration.extenders.map(async (each) => new HttpExtender(each, await createPostJson(each.tls))),
  );
  return { options, configuration, registry, extenders };
}

function withPercentage(configuration: SchedulerConfiguration, percentageOfNodesToScore: number) {
  const profiles = configuration.profiles.map((profile) => ({ ...profile, percentageOfNodesToScore }));
  return { ...configuration, profiles };
}

async function lead(setup: Setup, client: ApiClient, signal: AbortSignal, context: ComponentContext): Promise<void> {
  const { log, tracer } = context;
  const { extenders, configuration, registry } = setup;
  const informers = createInformers(client, kindsOf(configuration.profiles, registry), log);
  let metrics: SchedulerMetrics | undefined;
  let loop: SchedulingLoop | undefined;
  const recorder = createEventRecorder({
    client,
    component: COMPONENT,
    log,
    signal,
    capacityBytes: EVENT_CAPACITY_BYTES,
    metrics: context.metrics,
    isBusy: () => loop?.isBusy ?? false,
  });
  const core = createCore({
    configuration,
    registry,
    extenders,
    client,
    recorder,
    log,
    objects: clusterObjects(informers.objects),
    clock: systemClock,
    random: Math.random,
    onPluginTime: (plugin, point, ms) => metrics?.plugin(plugin, point, ms / 1_000),
    onPreemption: (victims) => metrics?.preemption(victims),
    onIncoming: (queue, event) => metrics?.incoming(queue, event),
  });
  metrics = metricsOf(context, core);
  const history = new DecisionHistory(setup.options.decisionHistory);
  const stages = new StageTimes();
  context.debugPages?.set(STAGES_PAGE, (query) => stages.since(Number(query.get('since')) || 0));
  const { cache, profiles } = core;
  followCluster(informers, core, new Explainer({ client, cache, history, profiles, log }));
  loop = new SchedulingLoop({
    ...core,
    client,
    recorder,
    extenders,
    metrics,
    history,
    stages,
    log,
    currentPod: (key) => informers.pods.get(key),
    startSpan: (name: string, { trace: parent, pod, attempts }: QueuedPod) =>
      tracer.startSpan(name, { parent, attributes: { object: `pods/${pod.key}`, attempt: attempts } }),
  });
  const all = [informers.nodes, informers.pods, informers.namespaces, ...informers.objects.values()];
  const decide = loop;
  const scheduling = async () => {
    await Promise.all(all.map((informer) => informer.synced(signal)));
    await decide.run(signal);
  };
  await Promise.all([...all.map((informer) => informer.run(signal)), scheduling()]);
}

/** Of nodes, pods and namespaces, and of those kinds that the cluster serves. */
function createInformers(client: ApiClient, kinds: ReadonlySet<ObjectKind>, log: Logger): ClusterInformers {
  const objects = new Map<ObjectKind, Informer<KubernetesObject>>();
  for (const kind of kinds) {
    const resource: ResourceType | undefined = resourceTable.find(({ plural, view }) => plural === kind && !view);
    if (resource) objects.set(kind, createInformer(client, resource, {}, log));
  }
  return {
    nodes: createInformer(client, nodes, {}, log),
    pods: createInformer(client, pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' }, log),
    namespaces: createInformer(client, namespaces, {}, log),
    objects,
  };
}

function metricsOf({ metrics }: ComponentContext, { cache, queue, profiles }: SchedulingCore): SchedulerMetrics {
  return createSchedulerMetrics(metrics, {
    queueSizes: () => queue.sizes,
    unschedulable: () => queue.unschedulableByPlugin,
    cacheSizes: () => ({ nodes: cache.nodes.length, pods: cache.podCount, assumed_pods: cache.assumedCount }),
    inFlightEvents: () => queue.inFlightEvents,
    profile: [...profiles.keys()][0] ?? COMPONENT,
  });
}
