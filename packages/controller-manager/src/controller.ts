import type { ApiClient, EventRecorder, Reconcile, Reconciler } from '@kubelab/client';
import type { Clock, ComponentContext } from '@kubelab/runtime';
import type { ControllerManagerOptions } from './options.js';
import type { SharedInformers } from './shared-informers.js';

/** What every controller is built from. */
export interface ControllerContext {
  readonly client: ApiClient;
  readonly informers: SharedInformers;
  readonly recorder: EventRecorder;
  readonly options: ControllerManagerOptions;
  readonly clock: Clock;
  readonly log: ComponentContext['log'];
  /** Makes the controller's queue and the loop that owns its retries. */
  createReconciler(
    name: string,
    reconcile: Reconcile,
    informersSynced: readonly { synced(signal?: AbortSignal): Promise<void> }[],
    settings?: { readonly workers?: number; readonly maxBackoffMs?: number },
  ): Reconciler;
}

/** Builds a controller: subscribes to informers and makes its reconciler. Starts nothing. */
export type ControllerFactory = (context: ControllerContext) => { run(signal: AbortSignal): Promise<void> };
