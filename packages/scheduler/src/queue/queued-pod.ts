import type { TraceContext } from '@kubelab/runtime';
import type { PodInfo } from '../cluster/pod-info.js';
import type { QueueOrder } from '../framework.js';

/** A pod that waits for a node. */
export interface QueuedPod extends QueueOrder {
  readonly pod: PodInfo;
  /** Of the write that made the pod what it is. */
  readonly trace: TraceContext | undefined;
  /** Since when it waits for its first or next attempt. */
  readonly sinceMs: number;
  /** When it came. */
  readonly firstMs: number;
  /** Those that came in the same millisecond go in this order. */
  readonly order: number;
  readonly attempts: number;
  /** What rejected it the last time. */
  readonly rejectedBy: ReadonlySet<string>;
  /** Not before then. */
  readonly notBeforeMs: number;
}
