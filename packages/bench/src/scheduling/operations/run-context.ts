import type { Measurement } from '../measure/measurement.js';
import type { PodObserver } from '../observe/pod-observer.js';
import type { SchedulingTarget, TargetNode } from '../target/scheduling-target.js';
import type { Namespaces } from './namespaces.js';

/** What the operations of one run share. */
export interface RunContext {
  readonly target: SchedulingTarget;
  readonly observer: PodObserver;
  readonly namespaces: Namespaces;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** How many creations at a time. */
  readonly inFlight: number;
  /** How long nothing may happen while pods are waited for. */
  readonly stallLimitMs: number;
  /** The nodes made so far. */
  readonly nodes: TargetNode[];
  /** What has been measured so far. */
  readonly measurements: Measurement[];
  /** Names the workload in what is measured. */
  readonly workload: string;
  /** Churns that go on; each resolves once `churnStop` is aborted. */
  readonly churns: Promise<void>[];
  readonly churnStop: AbortSignal;
  /** What is going on, for the line of progress. */
  progress: () => string;
  /** A number for a name that no other object of the run has. */
  nextNumber(): number;
  /** Ends what startCollectingMetrics began. */
  stopCollecting?: (() => Promise<Measurement>) | undefined;
}
