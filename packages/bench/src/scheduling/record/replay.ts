import type { Template } from '../workload/workload.js';

/** A recording as it is to be played, its nodes and namespaces renamed. */
export interface Replay {
  readonly priorityClasses: readonly Template[];
  readonly nodes: readonly Template[];
  /** Each with its volume. */
  readonly claims: readonly ReplayedClaim[];
  /** ConfigMaps and Secrets that pods name, with the keys that they name, and no values. */
  readonly configuration: readonly Template[];
  /** Those that were there before, then the others in the order of their times. */
  readonly pods: readonly ReplayedPod[];
}

export interface ReplayedClaim {
  readonly namespace: string;
  readonly claim: Template;
  readonly volume: Template;
}

export interface ReplayedPod {
  readonly template: Template;
  readonly namespace: string;
  readonly createdAtMs: number;
  /** Absent: it outlived the recording. */
  readonly deletedAtMs?: number;
}
