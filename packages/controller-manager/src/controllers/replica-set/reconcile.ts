import {
  controllerOf,
  isApiError,
  isPodActive,
  newControllerReference,
  type Pod,
  pods,
  type ReplicaSet,
  replicaSets,
  selectorFromObject,
} from '@kubelab/api';
import { type Cached, deleteIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { claim } from '../../ownership/claim.js';
import { PendingWrites } from '../../ownership/pending-writes.js';
import { statusDiffers } from '../../status-differs.js';
import { type ManageFailure, nextAvailableInMs, planReplicas, planStatus } from './plan.js';

/** Keeps as many pods as each ReplicaSet wants. */
export const createReplicaSetController: ControllerFactory = (context) => {
  const { client, informers, recorder, clock } = context;
  const replicaSetInformer = informers.for(replicaSets);
  const podInformer = informers.for(pods);
  const pending = new PendingWrites(clock);

  const reconciler = context.createReconciler('ReplicaSet', reconcile, [replicaSetInformer, podInformer]);
  const { queue } = reconciler;

  replicaSetInformer.onChange(({ key, trace }) => queue.add(key, trace));
  podInformer.onChange(({ type, object, old, trace }) => {
    for (const pod of old ? [object, old] : [object]) {
      const owner = ownerKey(pod);
      if (owner === undefined) continue;
      // A pod that came and went between two looks was shown all the same.
      if (type !== 'modified') pending.seen(owner, `create ${object.metadata.uid}`);
      queue.add(owner, trace);
    }
    if (type !== 'deleted' && controllerOf(object) === undefined)
      for (const replicaSet of replicaSetInformer.byIndex('namespace', object.metadata.namespace ?? ''))
        if (selectorFromObject(replicaSet.spec?.selector).matches(object.metadata.labels))
          queue.add(`${replicaSet.metadata.namespace}/${replicaSet.metadata.name}`, trace);
  });

  async function reconcile(key: string, reconcileContext: ReconcileContext) {
    const replicaSet = replicaSetInformer.get(key);
    if (replicaSet === undefined) {
      pending.seen(key);
      return undefined;
    }
    const claimed = await claim({
      client,
      ownerResource: replicaSets,
      owner: replicaSet,
      resource: pods,
      informer: podInformer,
      selector: selectorFromObject(replicaSet.spec?.selector),
      mayAdopt: isPodActive,
      context: reconcileContext,
    });
    let failure: ManageFailure | undefined;
    let cause: unknown;
    if (pending.settled(key) && replicaSet.metadata.deletionTimestamp === undefined) {
      const plan = planReplicas(replicaSet, claimed, clock.now());
      try {
        if (plan.create > 0) await createPods(replicaSet, plan.create, reconcileContext);
        for (const pod of plan.delete) await deletePod(pod);
      } catch (error) {
        cause = error;
        const message = error instanceof Error ? error.message : String(error);
        failure = { reason: plan.create > 0 ? 'FailedCreate' : 'FailedDelete', message };
      }
    }
    await writeStatus();
    if (cause !== undefined) throw cause;
    const requeueAfterMs = nextAvailableInMs(replicaSet.spec?.minReadySeconds ?? 0, claimed, clock.now());
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };

    async function deletePod(pod: Cached<Pod>): Promise<void> {
      const { namespace = '', name, uid } = pod.metadata;
      const { trace } = reconcileContext;
      const deleted = await deleteIfPresent(client, pods, { namespace, name }, { trace, preconditions: { uid } });
      if (!deleted) return;
      pending.add(key, `delete ${uid}`, () => {
        const present = podInformer.get(`${namespace}/${name}`);
        return present?.metadata.uid !== uid || present.metadata.deletionTimestamp !== undefined;
      });
      recorder.event(replicaSet as Cached<ReplicaSet>, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`, trace);
    }

    async function writeStatus(): Promise<void> {
      const status = planStatus(replicaSet as Cached<ReplicaSet>, claimed, failure, clock.now());
      if (!statusDiffers(replicaSet?.status, status)) return;
      const copy = mutableCopy<ReplicaSet>(replicaSet as Cached<ReplicaSet>);
      await client.updateStatus(replicaSets, { ...copy, status }, { trace: reconcileContext.trace }).catch((error) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    }
  }

  /** In batches of 1, 2, 4, …: when the first fails, as with a quota, the rest need not fail too. */
  async function createPods(replicaSet: Cached<ReplicaSet>, count: number, { trace }: ReconcileContext): Promise<void> {
    const { namespace = '', name } = replicaSet.metadata;
    const template = structuredClone(replicaSet.spec?.template) as NonNullable<ReplicaSet['spec']>['template'];
    const createOne = async () => {
      const pod: Pod = {
        metadata: {
          namespace,
          generateName: `${name}-`,
          labels: template?.metadata?.labels,
          annotations: template?.metadata?.annotations,
          finalizers: template?.metadata?.finalizers,
          ownerReferences: [newControllerReference(replicaSet, replicaSets)],
        },
        spec: template?.spec,
      };
      try {
        const created = await client.create(pods, pod, { trace });
        const { uid } = created.metadata;
        const podKey = `${namespace}/${created.metadata.name}`;
        pending.add(`${namespace}/${name}`, `create ${uid}`, () => podInformer.get(podKey)?.metadata.uid === uid);
        recorder.event(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`, trace);
      } catch (error) {
        const terminating =
          isApiError(error, 'Forbidden') &&
          error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating');
        if (terminating) return;
        recorder.event(replicaSet, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`, trace);
        throw error;
      }
    };
    for (let done = 0, batch = 1; done < count; done += batch, batch *= 2) {
      const results = await Promise.allSettled(Array.from({ length: Math.min(batch, count - done) }, createOne));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    }
  }

  return reconciler;
};

function ownerKey(pod: Cached<Pod>): string | undefined {
  const owner = controllerOf(pod);
  return owner?.kind === 'ReplicaSet' ? `${pod.metadata.namespace}/${owner.name}` : undefined;
}
