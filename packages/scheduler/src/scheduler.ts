import { isPodTerminal, type Node, nodes, type Pod, pods } from '@kubelab/api';
import {
  type ApiClient,
  type Cached,
  createComponentClient,
  createEventRecorder,
  createInformer,
  type Informer,
  runWithLeaderElection,
} from '@kubelab/client';
import type { Component, ComponentContext } from '@kubelab/runtime';
import { SchedulerCache } from './cache.js';
import { nodeEvents } from './cluster-event.js';
import { Decider } from './decide.js';
import type { Profile } from './framework.js';
import type { SchedulerOptions } from './options.js';
import { createPodInfo } from './pod-info.js';
import { type MayHelp, SchedulingQueue } from './queue.js';
import { defaultPlugins } from './registry.js';
import { createSchedulerMetrics } from './scheduler-metrics.js';
import { SchedulingLoop } from './scheduling-loop.js';

const COMPONENT = 'default-scheduler';

/** Binds every pending pod to the node that suits it best. */
export function createScheduler(options: SchedulerOptions): Component {
  return { name: 'scheduler', run: (signal, context) => run(options, signal, context) };
}

async function run(options: SchedulerOptions, signal: AbortSignal, context: ComponentContext): Promise<void> {
  const client = await createComponentClient(options, context, 'scheduler');
  try {
    const work = (leading: AbortSignal) => lead(options, client, leading, context);
    if (options.leaderElect) {
      const { leaderElectIdentity: identity } = options;
      await runWithLeaderElection({ client, name: 'kube-scheduler', identity, log: context.log, signal, run: work });
    } else await work(signal);
  } finally {
    await client.close();
  }
}

async function lead(
  options: SchedulerOptions,
  client: ApiClient,
  signal: AbortSignal,
  { log, tracer, metrics }: ComponentContext,
): Promise<void> {
  const cache = new SchedulerCache();
  const profile: Profile = { schedulerName: 'default-scheduler', plugins: defaultPlugins(cache) };
  const profiles = new Map([[profile.schedulerName, profile]]);
  const queue = new SchedulingQueue({
    mayHelp: mayHelp(profile),
    preEnqueue: (pod) => profile.plugins.flatMap(({ plugin }) => (plugin.preEnqueue?.(pod) ? [plugin.name] : [])),
  });
  const nodeInformer = createInformer(client, nodes, {}, log);
  const podInformer = createInformer(
    client,
    pods,
    { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
    log,
  );
  follow(nodeInformer, podInformer, cache, queue, profiles);
  const loop = new SchedulingLoop({
    client,
    recorder: createEventRecorder({ client, component: COMPONENT, log, signal }),
    cache,
    queue,
    decider: new Decider({
      nodes: () => cache.nodes,
      percentageOfNodesToScore: options.percentageOfNodesToScore,
    }),
    profiles,
    metrics: createSchedulerMetrics(metrics, queue),
    tracer,
    log,
  });
  const scheduling = async () => {
    await Promise.all([nodeInformer.synced(signal), podInformer.synced(signal)]);
    await loop.run(signal);
  };
  await Promise.all([nodeInformer.run(signal), podInformer.run(signal), scheduling()]);
}

/** Keeps the cache and the queue as the apiserver says. */
function follow(
  nodeInformer: Informer<Node>,
  podInformer: Informer<Pod>,
  cache: SchedulerCache,
  queue: SchedulingQueue,
  profiles: ReadonlyMap<string, Profile>,
): void {
  nodeInformer.onChange(({ type, object, old }) => {
    if (type === 'deleted') {
      cache.removeNode(object.metadata.name);
      return;
    }
    cache.setNode(object);
    for (const event of nodeEvents(object, old)) queue.notify(event);
  });
  const waits = (pod: Cached<Pod>) =>
    !pod.spec?.nodeName && !pod.metadata.deletionTimestamp && profiles.has(pod.spec?.schedulerName ?? '');
  podInformer.onChange(({ type, object, old, trace }) => {
    const { uid } = object.metadata;
    // A pod of the same name may be another pod.
    if (old && old.metadata.uid !== uid) cache.removePod(old.metadata.uid);
    if (type === 'deleted' || isPodTerminal(object)) {
      queue.delete(uid);
      const wasPlaced = cache.isPlaced(uid);
      cache.removePod(uid);
      if (wasPlaced) queue.notify({ kind: 'AssignedPodDeleted', pod: object });
    } else if (object.spec?.nodeName) {
      queue.delete(uid);
      cache.setPod(object);
    } else if (!waits(object)) queue.delete(uid);
    else if (!cache.isPlaced(uid) && (old === undefined || !onlyStatusDiffers(object, old)))
      queue.set(createPodInfo(object), trace);
  });
}

function onlyStatusDiffers(pod: Cached<Pod>, old: Cached<Pod>): boolean {
  const relevant = ({ metadata, spec }: Cached<Pod>) =>
    JSON.stringify([metadata.uid, metadata.labels, metadata.annotations, metadata.deletionTimestamp, spec]);
  return relevant(pod) === relevant(old);
}

/** A plugin that names no events may change its mind after any. */
function mayHelp(profile: Profile): MayHelp {
  const events = new Map(profile.plugins.map(({ plugin }) => [plugin.name, plugin.events]));
  return (pod, plugin, event) => {
    const registrations = events.get(plugin);
    if (registrations === undefined) return true;
    return registrations.some(
      ({ event: kind, hint }) => kind === event.kind && (hint?.(pod, event) ?? 'queue') === 'queue',
    );
  };
}
