import type { Machine } from '../../measure/machine.js';
import type { Measurement } from '../measure/measurement.js';

/** All that is known of one run of a workload. */
export interface SchedulingReport {
  readonly workload: string;
  /** `own cluster`, `own cluster, hollow nodes`, or a kubeconfig's name. */
  readonly cluster: string;
  readonly seed: string;
  readonly machine: Machine;
  readonly measurements: readonly Measurement[];
}
