import type { ApiClient, EventRecorder } from '@kubelab/client';
import type { Clock } from '@kubelab/runtime';
import type { Logger } from 'pino';
import { WaitingPods } from './binding/waiting-pods.js';
import { SchedulerCache } from './cluster/cache.js';
import type { ClusterObjects } from './cluster/cluster-objects.js';
import type { NodeInfo } from './cluster/node-info.js';
import { Nominator } from './cluster/nominator.js';
import type { PodInfo } from './cluster/pod-info.js';
import type { SchedulerConfiguration } from './config/configuration.js';
import { createProfile } from './create-profile.js';
import { Decider, type DeciderOptions, judgeByNodeAlone } from './decision/decider.js';
import type { HttpExtender } from './extender/http-extender.js';
import type { CycleState } from './framework/cycle-state.js';
import type { PluginHandle } from './framework/plugin-handle.js';
import type { Plugin, Profile } from './framework.js';
import { HintIndex } from './queue/hint-index.js';
import { type QueueOptions, SchedulingQueue } from './queue/queue.js';
import type { PluginRegistry } from './registry.js';

export interface CoreOptions {
  readonly configuration: SchedulerConfiguration;
  readonly registry: PluginRegistry;
  readonly extenders: readonly HttpExtender[];
  readonly objects: ClusterObjects;
  readonly client: ApiClient;
  readonly recorder: EventRecorder;
  readonly log: Logger;
  readonly clock: Clock;
  /** 0 to 1; breaks ties and chooses where preemption begins to look. */
  readonly random: () => number;
  readonly onPluginTime?: DeciderOptions['onPluginTime'];
  readonly onPreemption?: (victims: number) => void;
  readonly onIncoming?: QueueOptions['onIncoming'];
}

/** Everything that decides, and nothing that reads or writes the API by itself. */
export interface SchedulingCore {
  readonly cache: SchedulerCache;
  readonly nominator: Nominator;
  readonly waiting: WaitingPods;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly decider: Decider;
  readonly queue: SchedulingQueue;
}

export function createCore(options: CoreOptions): SchedulingCore {
  const { configuration, registry, extenders, clock, random, onPluginTime, onPreemption } = options;
  const cache = new SchedulerCache();
  const nominator = new Nominator();
  const waiting = new WaitingPods(clock);
  const decider = new Decider({ cache, nominator, random, ...(onPluginTime ? { onPluginTime } : {}) });
  const profiles = new Map<string, Profile>();
  const profileOf = (pod: PodInfo): Profile | undefined => profiles.get(pod.pod.spec?.schedulerName ?? '');
  const inTrial = (state: CycleState, pod: PodInfo, act: (plugin: Plugin) => void) => {
    for (const plugin of profileOf(pod)?.preFilter ?? []) if (!state.skippedFilters.has(plugin.name)) act(plugin);
  };
  const handle: PluginHandle = {
    cache,
    nominator,
    waiting,
    extenders,
    objects: options.objects,
    client: options.client,
    recorder: options.recorder,
    log: options.log,
    clock,
    random,
    fits(state, pod, node) {
      const profile = profileOf(pod);
      return profile && decider.fits(decider.filtersOf(profile, state), state, pod, node);
    },
    fitsByNodeAlone(state, pod) {
      const profile = profileOf(pod);
      return profile !== undefined && judgeByNodeAlone(decider.filtersOf(profile, state));
    },
    trial: {
      add: (state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo) =>
        inTrial(state, pod, (plugin) => plugin.addPod?.(state, pod, added, node)),
      remove: (state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo) =>
        inTrial(state, pod, (plugin) => plugin.removePod?.(state, pod, removed, node)),
    },
    onPreemption: (victims) => onPreemption?.(victims),
  };
  for (const profile of configuration.profiles)
    profiles.set(profile.schedulerName, createProfile(profile, registry, handle));
  const hints = new HintIndex(
    profiles.values(),
    extenders.map(({ name }) => name),
  );
  return { cache, nominator, waiting, profiles, decider, queue: createQueue(options, profiles, hints) };
}

function createQueue(
  { configuration, clock, onIncoming }: CoreOptions,
  profiles: ReadonlyMap<string, Profile>,
  hints: HintIndex,
): SchedulingQueue {
  // All profiles have the same: the configuration is refused otherwise.
  const [first] = profiles.values();
  const sort = first?.queueSort[0];
  return new SchedulingQueue({
    hints,
    clock,
    less: (a, b) => sort?.less?.(a, b) ?? a.sinceMs < b.sinceMs,
    preEnqueue(pod) {
      const gates = profiles.get(pod.pod.spec?.schedulerName ?? '')?.preEnqueue ?? [];
      return gates.flatMap((plugin) => (plugin.preEnqueue?.(pod) ? [plugin.name] : []));
    },
    initialBackoffMs: configuration.podInitialBackoffMs,
    maxBackoffMs: configuration.podMaxBackoffMs,
    ...(onIncoming ? { onIncoming } : {}),
  });
}
