import {
  controllerOf,
  isApiError,
  isControlledBy,
  isPodActive,
  namespaces,
  newControllerReference,
  type Pod,
  pods,
  replicaSets,
  type Selector,
  selectorFromObject,
} from '@kubelab/api';
import { type Cached, deleteIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerContext, ControllerFactory } from '../../controller.js';
import { messageOf } from '../../message-of.js';
import { isNamespaceTerminating } from '../../namespace-terminating.js';
import { claim } from '../../ownership/claim.js';
import { inBatches } from '../../ownership/in-batches.js';
import { PendingWrites } from '../../ownership/pending-writes.js';
import { CONTROLLER_INDEX } from '../../shared-informers.js';
import { statusDiffers, withoutZeros } from '../../status-differs.js';
import { nextAvailableInMs, type Outcome, planReplicas, planStatus } from './plan.js';
import type { PodReplicator, PodReplicatorKind } from './pod-replicator.js';

/** Each look is at all pods of their owner: changes of a large one's are gathered for a tenth of a millisecond a pod. */
const GATHERED_FROM = 100;
const PODS_PER_GATHERED_MS = 10;
const MAX_GATHER_MS = 1_000;

/** After these nobody knows whether the write was made. */
const AMBIGUOUS = ['Timeout', 'ServerTimeout', 'ServiceUnavailable', 'InternalError'] as const;

/** One owner in one reconcile. */
interface Work {
  readonly key: string;
  readonly owner: Cached<PodReplicator>;
  readonly selector: Selector;
  /** The pods that it controls. */
  readonly claimed: readonly Cached<Pod>[];
  readonly context: ReconcileContext;
}

/** Keeps as many pods as each ReplicaSet wants. */
export const createReplicaSetController: ControllerFactory = (context) =>
  createPodReplicatorController(context, {
    resource: replicaSets,
    selectorOf: ({ spec }) => selectorFromObject(spec?.selector),
    countsTerminating: true,
  });

/** Keeps as many pods as each owner of the kind wants. */
export function createPodReplicatorController<T extends PodReplicator>(
  context: ControllerContext,
  specificKind: PodReplicatorKind<T>,
): ReturnType<ControllerFactory> {
  const kind = specificKind as unknown as PodReplicatorKind<PodReplicator>;
  const { resource } = kind;
  const { client, informers, recorder, clock } = context;
  const ownerInformer = informers.for(resource);
  const podInformer = informers.for(pods);
  const namespaceInformer = informers.for(namespaces);
  const pending = new PendingWrites(clock);
  /** Keys with a create whose outcome nobody knows. */
  const doubtful = new Set<string>();

  const reconciler = context.createReconciler(resource.kind, reconcile, [ownerInformer, podInformer]);
  const { queue } = reconciler;

  ownerInformer.onChange(({ key, trace }) => queue.add(key, trace));
  podInformer.onChange(({ type, object, old, trace }) => {
    for (const pod of old ? [object, old] : [object]) {
      const key = ownerKey(pod);
      if (key === undefined) continue;
      // A pod that came and went between two looks was shown all the same.
      if (type !== 'modified') pending.seen(key, `create ${object.metadata.uid}`);
      const owner = ownerInformer.get(key);
      queue.addAfter(key, owner === undefined ? 0 : gatherMs(owner), trace);
    }
    if (type !== 'deleted' && controllerOf(object) === undefined)
      for (const owner of ownerInformer.byIndex('namespace', object.metadata.namespace ?? ''))
        if (kind.selectorOf(owner).matches(object.metadata.labels))
          queue.add(`${owner.metadata.namespace}/${owner.metadata.name}`, trace);
  });

  async function reconcile(key: string, reconcileContext: ReconcileContext) {
    const owner = ownerInformer.get(key);
    if (owner === undefined) {
      pending.seen(key);
      doubtful.delete(key);
      return undefined;
    }
    const selector = kind.selectorOf(owner);
    const claimed = await claim({
      client,
      ownerResource: resource,
      owner,
      resource: pods,
      informer: podInformer,
      selector,
      mayAdopt: isPodActive,
      context: reconcileContext,
    });
    const work: Work = { key, owner, selector, claimed, context: reconcileContext };
    if (doubtful.has(key)) await resolveDoubt(work);
    const { outcome, cause } = await manage(work);
    await writeStatus(work, outcome);
    if (cause !== undefined) throw cause;
    const minReadySeconds = owner.spec?.minReadySeconds ?? 0;
    const nextMs = nextAvailableInMs(minReadySeconds, claimed, clock.now());
    const waits = [nextMs, pending.waitMs(key) || undefined].filter((waitMs) => waitMs !== undefined);
    return waits.length === 0 ? undefined : { requeueAfterMs: Math.min(...waits) };
  }

  async function manage(work: Work): Promise<{ outcome: Outcome; cause?: unknown }> {
    const { key, owner, claimed, context } = work;
    const isGoing = owner.metadata.deletionTimestamp !== undefined;
    if (isGoing || isInTerminating(owner) || pending.waitMs(key) > 0) return { outcome: 'none' };
    const plan = planReplicas(owner, claimed, () => podsOfSiblings(owner), clock.now());
    try {
      await inBatches(Array.from({ length: plan.create }), () => createPod(work), context.signal);
      await inBatches(plan.delete, (pod) => deletePod(work, pod), context.signal);
      return { outcome: 'done' };
    } catch (error) {
      // Nothing is to be said of one that is about to go with its namespace.
      if (isNamespaceTerminating(error) || context.signal.aborted) return { outcome: 'none' };
      const reason = plan.create > 0 ? 'FailedCreate' : 'FailedDelete';
      return { outcome: { reason, message: messageOf(error) }, cause: error };
    }
  }

  /** Each pod that goes with its namespace would be one more that is refused. */
  function isInTerminating({ metadata: { namespace = '' } }: Cached<PodReplicator>): boolean {
    return namespaceInformer.get(namespace)?.metadata.deletionTimestamp !== undefined;
  }

  /** The pods of all owners that have the same controller. */
  function podsOfSiblings(owner: Cached<PodReplicator>): Cached<Pod>[] {
    const controller = controllerOf(owner);
    const siblings = controller ? ownerInformer.byIndex(CONTROLLER_INDEX, controller.uid) : [owner];
    return siblings.flatMap(({ metadata }) => podInformer.byIndex(CONTROLLER_INDEX, metadata.uid));
  }

  /** Asks the apiserver which pods there are, where a create may or may not have been made. */
  async function resolveDoubt({ key, owner, selector, context: { trace, signal } }: Work): Promise<void> {
    const { namespace = '' } = owner.metadata;
    const { items } = await client.list(pods, { namespace, labelSelector: selector.toString(), trace, signal });
    for (const pod of items) if (isControlledBy(pod, owner)) expectCreated(key, pod.metadata);
    doubtful.delete(key);
  }

  function expectCreated(key: string, { namespace, name, uid }: { namespace?: string; name: string; uid: string }) {
    pending.add(key, `create ${uid}`, () => podInformer.get(`${namespace}/${name}`)?.metadata.uid === uid);
  }

  async function createPod({ key, owner, context: { trace } }: Work): Promise<void> {
    const { namespace = '', name } = owner.metadata;
    const template = mutableCopy<PodReplicator>(owner).spec?.template;
    const { labels, annotations, finalizers } = template?.metadata ?? {};
    const ownerReferences = [newControllerReference(owner, resource)];
    const metadata = { namespace, generateName: `${name}-`, labels, annotations, finalizers, ownerReferences };
    try {
      const created = await client.create(pods, { metadata, spec: template?.spec }, { trace });
      expectCreated(key, created.metadata);
      recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`, trace);
    } catch (error) {
      if (isApiError(error, ...AMBIGUOUS)) doubtful.add(key);
      if (!isNamespaceTerminating(error))
        recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`, trace);
      throw error;
    }
  }

  async function deletePod({ key, owner, context: { trace } }: Work, pod: Cached<Pod>): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    try {
      if (!(await deleteIfPresent(client, pods, { namespace, name }, { trace, preconditions: { uid } }))) return;
    } catch (error) {
      recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`, trace);
      throw error;
    }
    pending.add(key, `delete ${uid}`, () => {
      const present = podInformer.get(`${namespace}/${name}`);
      return present?.metadata.uid !== uid || present.metadata.deletionTimestamp !== undefined;
    });
    recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`, trace);
  }

  async function writeStatus({ owner, claimed, context: { trace } }: Work, outcome: Outcome): Promise<void> {
    const { terminatingReplicas, ...counts } = planStatus(owner, claimed, outcome, clock.now());
    const status = kind.countsTerminating ? { ...counts, terminatingReplicas } : counts;
    if (!statusDiffers(owner.status, status)) return;
    const copy = {
      ...mutableCopy<PodReplicator>(owner),
      status: { ...withoutZeros(status), replicas: status.replicas },
    };
    await client.updateStatus(resource, copy, { trace }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }

  function ownerKey(pod: Cached<Pod>): string | undefined {
    const reference = controllerOf(pod);
    return reference?.kind === resource.kind ? `${pod.metadata.namespace}/${reference.name}` : undefined;
  }

  return reconciler;
}

/** How long changes of its pods are gathered before they are looked at. */
function gatherMs({ spec, status }: Cached<PodReplicator>): number {
  const size = Math.max(spec?.replicas ?? 1, status?.replicas ?? 0);
  return size < GATHERED_FROM ? 0 : Math.min(size / PODS_PER_GATHERED_MS, MAX_GATHER_MS);
}
