export type { NodeInfo } from './cluster/node-info.js';
export type { PodInfo } from './cluster/pod-info.js';
export type { ClusterEvent, EventRegistration, QueueingHint } from './cluster-event.js';
export type { UserPlugin } from './config/load-plugins.js';
export type { DecisionDocument } from './explain/describe-decision.js';
export type { CycleState } from './framework/cycle-state.js';
export type { PluginFactory, PluginHandle } from './framework/plugin-handle.js';
export type {
  BindContext,
  FilterOutcome,
  FilterResult,
  PermitResult,
  Plugin,
  PostFilterResult,
  PreFilterResult,
  Rejection,
} from './framework.js';
export { schedulerOptions } from './options.js';
export { createScheduler } from './scheduler.js';
