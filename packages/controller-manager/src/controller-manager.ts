import {
  createComponentClient,
  createElectionClient,
  createEventRecorder,
  createReconciler,
  type Reconcile,
  runWithLeaderElection,
} from '@kubelab/client';
import { type Component, type ComponentContext, systemClock } from '@kubelab/runtime';
import type { ControllerContext } from './controller.js';
import { isNamespaceTerminating } from './namespace-terminating.js';
import type { ControllerManagerOptions } from './options.js';
import { controllers } from './registry.js';
import { createSharedInformers } from './shared-informers.js';

type Client = Awaited<ReturnType<typeof createComponentClient>>;

/** All controllers in one process; they work while it leads. */
export function createControllerManager(options: ControllerManagerOptions): Component {
  return { name: 'controller-manager', run: (signal, context) => run(options, signal, context) };
}

async function run(options: ControllerManagerOptions, signal: AbortSignal, context: ComponentContext): Promise<void> {
  const client = await createComponentClient(options, context, 'controller-manager');
  context.health.complete();
  const work = (leading: AbortSignal) => lead(options, client, leading, context);
  try {
    if (options.leaderElect) await elect(options, signal, context, work);
    else await work(signal);
  } finally {
    await client.close();
  }
}

async function elect(
  options: ControllerManagerOptions,
  signal: AbortSignal,
  context: ComponentContext,
  work: (leading: AbortSignal) => Promise<void>,
): Promise<void> {
  const client = await createElectionClient(options, context, 'controller-manager');
  try {
    await runWithLeaderElection({
      client,
      name: 'kube-controller-manager',
      identity: options.leaderElectIdentity,
      leaseDurationMs: options.leaderElectLeaseDurationMs,
      renewDeadlineMs: options.leaderElectRenewDeadlineMs,
      retryPeriodMs: options.leaderElectRetryPeriodMs,
      log: context.log,
      signal,
      run: work,
    });
  } finally {
    await client.close();
  }
}

/** A refused create in a namespace that is being deleted ends the reconcile, and is not tried again and again. */
function unlessTerminating(reconcile: Reconcile): Reconcile {
  return async (key, context) => {
    try {
      return await reconcile(key, context);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
      context.log.debug({ error }, 'the namespace is being deleted');
      return undefined;
    }
  };
}

async function lead(
  options: ControllerManagerOptions,
  client: Client,
  signal: AbortSignal,
  { log, tracer, metrics }: ComponentContext,
): Promise<void> {
  const informers = createSharedInformers(client, log);
  const running = controllers.map(([name, build]) => {
    const controllerLog = log.child({ controller: name });
    const context: ControllerContext = {
      client,
      informers,
      options,
      clock: systemClock,
      log: controllerLog,
      recorder: createEventRecorder({ client, component: `${name}-controller`, log: controllerLog, signal, metrics }),
      createReconciler: (reconcilerName, reconcile, informersSynced, { workers = 5, maxBackoffMs = 60_000 } = {}) =>
        createReconciler({
          name: reconcilerName,
          reconcile: unlessTerminating(reconcile),
          informersSynced,
          workers,
          backoff: { maxMs: maxBackoffMs },
          log: controllerLog,
          tracer,
          metrics,
        }),
    };
    return build(context);
  });
  await Promise.all([informers.run(signal), ...running.map((controller) => controller.run(signal))]);
}
