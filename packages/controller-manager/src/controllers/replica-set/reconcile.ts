import {
  controllerOf,
  isApiError,
  isControlledBy,
  isPodActive,
  namespaces,
  newControllerReference,
  type Pod,
  pods,
  type ReplicaSet,
  replicaSets,
  type Selector,
  selectorFromObject,
} from '@kubelab/api';
import { type Cached, deleteIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { messageOf } from '../../message-of.js';
import { isNamespaceTerminating } from '../../namespace-terminating.js';
import { claim } from '../../ownership/claim.js';
import { inBatches } from '../../ownership/in-batches.js';
import { PendingWrites } from '../../ownership/pending-writes.js';
import { CONTROLLER_INDEX } from '../../shared-informers.js';
import { statusDiffers, withoutZeros } from '../../status-differs.js';
import { nextAvailableInMs, type Outcome, planReplicas, planStatus } from './plan.js';

/** Each look is at all pods of a ReplicaSet: changes of a large one's are gathered for a tenth of a millisecond a pod. */
const GATHERED_FROM = 100;
const PODS_PER_GATHERED_MS = 10;
const MAX_GATHER_MS = 1_000;

/** After these nobody knows whether the write was made. */
const AMBIGUOUS = ['Timeout', 'ServerTimeout', 'ServiceUnavailable', 'InternalError'] as const;

/** One ReplicaSet in one reconcile. */
interface Work {
  readonly key: string;
  readonly replicaSet: Cached<ReplicaSet>;
  readonly selector: Selector;
  /** The pods that it controls. */
  readonly claimed: readonly Cached<Pod>[];
  readonly context: ReconcileContext;
}

/** Keeps as many pods as each ReplicaSet wants. */
export const createReplicaSetController: ControllerFactory = (context) => {
  const { client, informers, recorder, clock } = context;
  const replicaSetInformer = informers.for(replicaSets);
  const podInformer = informers.for(pods);
  const namespaceInformer = informers.for(namespaces);
  const pending = new PendingWrites(clock);
  /** Keys with a create whose outcome nobody knows. */
  const doubtful = new Set<string>();

  const reconciler = context.createReconciler('ReplicaSet', reconcile, [replicaSetInformer, podInformer]);
  const { queue } = reconciler;

  replicaSetInformer.onChange(({ key, trace }) => queue.add(key, trace));
  podInformer.onChange(({ type, object, old, trace }) => {
    for (const pod of old ? [object, old] : [object]) {
      const owner = ownerKey(pod);
      if (owner === undefined) continue;
      // A pod that came and went between two looks was shown all the same.
      if (type !== 'modified') pending.seen(owner, `create ${object.metadata.uid}`);
      const replicaSet = replicaSetInformer.get(owner);
      queue.addAfter(owner, replicaSet === undefined ? 0 : gatherMs(replicaSet), trace);
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
      doubtful.delete(key);
      return undefined;
    }
    const selector = selectorFromObject(replicaSet.spec?.selector);
    const claimed = await claim({
      client,
      ownerResource: replicaSets,
      owner: replicaSet,
      resource: pods,
      informer: podInformer,
      selector,
      mayAdopt: isPodActive,
      context: reconcileContext,
    });
    const work: Work = { key, replicaSet, selector, claimed, context: reconcileContext };
    if (doubtful.has(key)) await resolveDoubt(work);
    const { outcome, cause } = await manage(work);
    await writeStatus(work, outcome);
    if (cause !== undefined) throw cause;
    const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
    const nextMs = nextAvailableInMs(minReadySeconds, claimed, clock.now());
    const waits = [nextMs, pending.waitMs(key) || undefined].filter((waitMs) => waitMs !== undefined);
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  async function manage(work: Work): Promise<{ outcome: Outcome; cause?: unknown }> {
    const { key, replicaSet, claimed, context } = work;
    const isGoing = replicaSet.metadata.deletionTimestamp !== undefined;
    if (isGoing || isInTerminating(replicaSet) || pending.waitMs(key) > 0) return { outcome: 'none' };
    const plan = planReplicas(replicaSet, claimed, () => podsOfSiblings(replicaSet), clock.now());
    try {
      await inBatches(Array.from({ length: plan.create }), () => createPod(work), context.signal);
      await inBatches(plan.delete, (pod) => deletePod(work, pod), context.signal);
      return { outcome: 'done' };
    } catch (error) {
      // Nothing is to be said of a ReplicaSet that is about to go with its namespace.
      if (isNamespaceTerminating(error) || context.signal.aborted) return { outcome: 'none' };
      const reason = plan.create > 0 ? 'FailedCreate' : 'FailedDelete';
      return { outcome: { reason, message: messageOf(error) }, cause: error };
    }
  }

  /** Each pod that goes with its namespace would be one more that is refused. */
  function isInTerminating({ metadata: { namespace = '' } }: Cached<ReplicaSet>): boolean {
    return namespaceInformer.get(namespace)?.metadata.deletionTimestamp !== undefined;
  }

  /** The pods of all ReplicaSets that have the same controller. */
  function podsOfSiblings(replicaSet: Cached<ReplicaSet>): Cached<Pod>[] {
    const controller = controllerOf(replicaSet);
    const siblings = controller ? replicaSetInformer.byIndex(CONTROLLER_INDEX, controller.uid) : [replicaSet];
    return siblings.flatMap(({ metadata }) => podInformer.byIndex(CONTROLLER_INDEX, metadata.uid));
  }

  /** Asks the apiserver which pods there are, where a create may or may not have been made. */
  async function resolveDoubt({ key, replicaSet, selector, context: { trace, signal } }: Work): Promise<void> {
    const { namespace = '' } = replicaSet.metadata;
    const { items } = await client.list(pods, { namespace, labelSelector: selector.toString(), trace, signal });
    for (const pod of items) if (isControlledBy(pod, replicaSet)) expectCreated(key, pod.metadata);
    doubtful.delete(key);
  }

  function expectCreated(key: string, { namespace, name, uid }: { namespace?: string; name: string; uid: string }) {
    pending.add(key, `create ${uid}`, () => podInformer.get(`${namespace}/${name}`)?.metadata.uid === uid);
  }

  async function createPod({ key, replicaSet, context: { trace } }: Work): Promise<void> {
    const { namespace = '', name } = replicaSet.metadata;
    const template = mutableCopy<ReplicaSet>(replicaSet).spec?.template;
    const { labels, annotations, finalizers } = template?.metadata ?? {};
    const ownerReferences = [newControllerReference(replicaSet, replicaSets)];
    const metadata = { namespace, generateName: `${name}-`, labels, annotations, finalizers, ownerReferences };
    try {
      const created = await client.create(pods, { metadata, spec: template?.spec }, { trace });
      expectCreated(key, created.metadata);
      recorder.event(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`, trace);
    } catch (error) {
      if (isApiError(error, ...AMBIGUOUS)) doubtful.add(key);
      if (!isNamespaceTerminating(error))
        recorder.event(replicaSet, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`, trace);
      throw error;
    }
  }

  async function deletePod({ key, replicaSet, context: { trace } }: Work, pod: Cached<Pod>): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    try {
      if (!(await deleteIfPresent(client, pods, { namespace, name }, { trace, preconditions: { uid } }))) return;
    } catch (error) {
      recorder.event(replicaSet, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`, trace);
      throw error;
    }
    pending.add(key, `delete ${uid}`, () => {
      const present = podInformer.get(`${namespace}/${name}`);
      return present?.metadata.uid !== uid || present.metadata.deletionTimestamp !== undefined;
    });
    recorder.event(replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`, trace);
  }

  async function writeStatus({ replicaSet, claimed, context: { trace } }: Work, outcome: Outcome): Promise<void> {
    const status = planStatus(replicaSet, claimed, outcome, clock.now());
    if (!statusDiffers(replicaSet.status, status)) return;
    const copy = {
      ...mutableCopy<ReplicaSet>(replicaSet),
      status: { ...withoutZeros(status), replicas: status.replicas },
    };
    await client.updateStatus(replicaSets, copy, { trace }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }

  return reconciler;
};

/** How long changes of its pods are gathered before they are looked at. */
function gatherMs({ spec, status }: Cached<ReplicaSet>): number {
  const size = Math.max(spec?.replicas ?? 1, status?.replicas ?? 0);
  return size < GATHERED_FROM ? 0 : Math.min(size / PODS_PER_GATHERED_MS, MAX_GATHER_MS);
}

function ownerKey(pod: Cached<Pod>): string | undefined {
  const owner = controllerOf(pod);
  return owner?.kind === 'ReplicaSet' ? `${pod.metadata.namespace}/${owner.name}` : undefined;
}
