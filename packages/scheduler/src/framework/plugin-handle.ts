import type { ApiClient, EventRecorder } from '@kubelab/client';
import type { Clock } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { WaitingPods } from '../binding/waiting-pods.js';
import type { SchedulerCache } from '../cluster/cache.js';
import type { ClusterObjects } from '../cluster/cluster-objects.js';
import type { NodeInfo } from '../cluster/node-info.js';
import type { Nominator } from '../cluster/nominator.js';
import type { PodInfo } from '../cluster/pod-info.js';
import type { HttpExtender } from '../extender/http-extender.js';
import type { FilterResult, Plugin } from '../framework.js';
import type { CycleState } from './cycle-state.js';

/** What a plugin may use of the scheduler. */
export interface PluginHandle {
  readonly cache: SchedulerCache;
  /** Claims, volumes, services and whatever else plugins look up. */
  readonly objects: ClusterObjects;
  /** Pods that are to have a node once others have left it. */
  readonly nominator: Nominator;
  readonly extenders: readonly HttpExtender[];
  readonly client: ApiClient;
  readonly recorder: EventRecorder;
  readonly log: Logger;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  /** Whether the pod would fit the node as it is in `state`, the pods nominated there counted in. */
  readonly fits: (state: CycleState, pod: PodInfo, node: NodeInfo) => FilterResult;
  /** Whether `fits` depends on the node and the pods on it and nominated to it alone. */
  readonly fitsByNodeAlone: (state: CycleState, pod: PodInfo) => boolean;
  /** As if a pod were on the node as well, or no more. */
  readonly trial: Trial;
  /** Called for what a preemption came to. */
  readonly onPreemption: (victims: number) => void;
  /** Pods that have a node and wait for permission. */
  readonly waiting: WaitingPods;
}

export interface Trial {
  add(state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo): void;
  remove(state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo): void;
}

/** Makes a plugin of its arguments in `pluginConfig`, or refuses them with a `ConfigurationError`. */
export type PluginFactory = (args: Readonly<Record<string, unknown>>, handle: PluginHandle) => Plugin;
