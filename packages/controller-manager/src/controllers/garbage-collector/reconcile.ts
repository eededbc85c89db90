import { deepEqual, isApiError, type KubernetesObject, type OwnerReference } from '@kubelab/api';
import { type Cached, deleteIfPresent, getIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { inBatches } from '../../ownership/in-batches.js';
import { createOwnershipGraph, type Item, type OwnerPlace } from './ownership-graph.js';
import {
  blockingDependents,
  type CollectionStep,
  FOREGROUND,
  isFinalizing,
  ORPHAN,
  type OwnerState,
  planCollection,
} from './plan.js';

type Reference = Readonly<OwnerReference>;

/** How many uids are remembered as those of owners that no longer exist. */
const MAX_ABSENT = 10_000;

/** Deletes what has lost its owners, and finishes deletions that wait for dependents or orphan them. */
export const createGarbageCollector: ControllerFactory = (context) => {
  const { client, informers, recorder } = context;
  const graph = createOwnershipGraph(informers);
  const absent = new Set<string>();
  const synced = graph.watched.map(({ informer }) => informer);
  const reconciler = context.createReconciler('GarbageCollector', reconcile, synced, { workers: 20 });
  const { queue } = reconciler;

  for (const { resource, informer } of graph.watched)
    informer.onChange(({ type, object, old, trace }) => {
      const owners = object.metadata.ownerReferences ?? [];
      if (type === 'deleted') {
        for (const dependent of graph.dependentsOf(object.metadata.uid)) queue.add(graph.queueKeyOf(dependent), trace);
        for (const owner of owners) wakeWaitingOwner(object, owner, trace);
        return;
      }
      const changed = !deepEqual(owners, old?.metadata.ownerReferences ?? []);
      const finalizing = object.metadata.deletionTimestamp !== undefined && object.metadata.finalizers?.length;
      if (finalizing || (changed && owners.length > 0)) queue.add(graph.queueKeyOf({ resource, object }), trace);
      // One that waited for this object may wait no more.
      if (old && changed)
        for (const owner of old.metadata.ownerReferences ?? []) wakeWaitingOwner(object, owner, trace);
    });

  function wakeWaitingOwner(
    object: Cached<KubernetesObject>,
    reference: Reference,
    trace: ReconcileContext['trace'],
  ): void {
    const place = graph.placeOf(object, reference);
    if (typeof place === 'string') return;
    const owner = place.informer.get(place.key);
    if (owner && isFinalizing(owner, FOREGROUND))
      queue.add(graph.queueKeyOf({ resource: place.resource, object: owner }), trace);
  }

  async function stateOf(item: Item, reference: Reference, { trace }: ReconcileContext): Promise<OwnerState> {
    const place = graph.placeOf(item.object, reference);
    // What is not served here may exist elsewhere: nothing is deleted for its sake.
    if (place === 'unknown') return 'solid';
    if (place === 'outside') {
      reportMisplaced(item, reference, trace);
      return 'solid';
    }
    const { resource, informer, namespace, key } = place;
    const cached = informer.get(key);
    if (cached?.metadata.uid === reference.uid) return isFinalizing(cached, FOREGROUND) ? 'waiting' : 'solid';
    if (absent.has(reference.uid)) return 'absent';
    // The cache may lag: only the apiserver can say that it does not exist.
    const live = await getIfPresent(client, resource, { namespace, name: reference.name }, { trace });
    if (live?.metadata.uid === reference.uid)
      return isFinalizing(live as Cached<KubernetesObject>, FOREGROUND) ? 'waiting' : 'solid';
    if (isElsewhere(place, reference)) reportMisplaced(item, reference, trace);
    if (absent.size >= MAX_ABSENT) absent.clear();
    absent.add(reference.uid);
    return 'absent';
  }

  /** The owner lives in another namespace: a mistake that people make, and lose objects by. */
  function isElsewhere({ informer }: OwnerPlace, { uid }: Reference): boolean {
    for (const each of informer.list()) if (each.metadata.uid === uid) return true;
    return false;
  }

  function reportMisplaced({ object }: Item, reference: Reference, trace: ReconcileContext['trace']): void {
    const { apiVersion, kind, name, uid } = reference;
    const { namespace = '' } = object.metadata;
    const text = `ownerRef [${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}] does not exist in namespace "${namespace}"`;
    recorder.event(object, 'Warning', 'OwnerRefInvalidNamespace', text, trace);
  }

  async function reconcile(queueKey: string, reconcileContext: ReconcileContext) {
    const item = graph.find(queueKey);
    if (item === undefined) return undefined;
    if (isFinalizing(item.object, ORPHAN)) await orphanDependents(item, reconcileContext);
    else if (isFinalizing(item.object, FOREGROUND)) await deleteDependents(item, reconcileContext);
    if (item.object.metadata.deletionTimestamp !== undefined) return undefined;
    const owners = [];
    for (const reference of (item.object.metadata.ownerReferences ?? []) as readonly Reference[])
      owners.push({ reference, state: await stateOf(item, reference, reconcileContext) });
    if (owners.every(({ state }) => state === 'solid')) return undefined;
    const dependents = graph.dependentsOf(item.object.metadata.uid).map(({ object }) => object);
    await collect(item, planCollection(item.object, owners, dependents), reconcileContext);
    return undefined;
  }

  async function collect(item: Item, step: CollectionStep, reconcileContext: ReconcileContext): Promise<void> {
    if (step.do === 'nothing') return;
    if (step.do === 'dropOwners') return dropOwners(item, step.uids, reconcileContext);
    const { resource, object } = item;
    const { namespace = '', name, uid, resourceVersion } = object.metadata;
    const { trace, log } = reconcileContext;
    const { propagationPolicy, unblock } = step;
    if (unblock.length > 0) return unblockOwners(item, unblock, reconcileContext);
    log.info({ resource: resource.plural, name, namespace, propagationPolicy }, 'deleting what has lost its owners');
    // With the version: one that has got another owner since, or was orphaned, stays; the key comes back.
    const preconditions = { uid, resourceVersion };
    await deleteIfPresent(client, resource, { namespace, name }, { trace, propagationPolicy, preconditions });
  }

  async function orphanDependents(owner: Item, reconcileContext: ReconcileContext): Promise<void> {
    const { uid } = owner.object.metadata;
    const drop = (dependent: Item) => dropOwners(dependent, [uid], reconcileContext);
    await inBatches(graph.dependentsOf(uid), drop, reconcileContext.signal);
    await removeFinalizer(owner, ORPHAN, reconcileContext);
  }

  async function deleteDependents(owner: Item, reconcileContext: ReconcileContext): Promise<void> {
    const dependents = graph.dependentsOf(owner.object.metadata.uid);
    const blocking = blockingDependents(
      owner.object,
      dependents.map(({ object }) => object),
    );
    if (blocking.length === 0) return removeFinalizer(owner, FOREGROUND, reconcileContext);
    // Each of them finds that its owner waits, and goes.
    for (const dependent of dependents)
      if (dependent.object.metadata.deletionTimestamp === undefined)
        queue.add(graph.queueKeyOf(dependent), reconcileContext.trace);
  }

  const dropOwners = (item: Item, uids: readonly string[], reconcileContext: ReconcileContext) =>
    patchOwners(
      item,
      uids.map((uid) => ({ $patch: 'delete', uid })),
      reconcileContext,
    );

  /** The next look then deletes it. */
  const unblockOwners = (item: Item, uids: readonly string[], reconcileContext: ReconcileContext) =>
    patchOwners(
      item,
      uids.map((uid) => ({ uid, blockOwnerDeletion: false })),
      reconcileContext,
    );

  async function patchOwners(
    { resource, object: { metadata } }: Item,
    ownerReferences: readonly object[],
    { trace }: ReconcileContext,
  ): Promise<void> {
    const { namespace = '', name, uid } = metadata;
    const patch = { metadata: { uid, ownerReferences } };
    await client.patch(resource, { namespace, name }, 'strategic', patch, { trace }).catch((error: unknown) => {
      // Gone, or another of the same name: then the uid is a Conflict.
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    });
  }

  async function removeFinalizer(
    { resource, object: { metadata } }: Item,
    finalizer: string,
    { trace }: ReconcileContext,
  ): Promise<void> {
    const { namespace = '', name, uid, resourceVersion } = metadata;
    const finalizers = (metadata.finalizers ?? []).filter((each) => each !== finalizer);
    // With the version: finalizers that others add or remove meanwhile make it a Conflict, and the key comes back.
    const patch = { metadata: { uid, resourceVersion, finalizers } };
    await client.patch(resource, { namespace, name }, 'merge', patch, { trace }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }

  return reconciler;
};
