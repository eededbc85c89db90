import type { KubernetesObject } from '@kubelab/api';
import type { Reservation } from './hooks/kind-hook.js';

/** An object that is ready to be stored, and what was taken for it. */
export interface Prepared<T extends KubernetesObject> {
  readonly object: T;
  readonly reservation: Reservation | undefined;
  /** By apply: without its managedFields the object is not stored. Default false. */
  readonly isApplied?: boolean;
}
