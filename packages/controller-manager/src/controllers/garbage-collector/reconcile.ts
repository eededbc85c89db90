import {
  apiVersionOf,
  deepEqual,
  events,
  isApiError,
  type KubernetesObject,
  type OwnerReference,
  type ResourceType,
  resourceTable,
} from '@kubelab/api';
import { type Cached, deleteIfPresent, getIfPresent, type Informer, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { OWNER_INDEX } from '../../shared-informers.js';
import { blockingDependents, FOREGROUND, isFinalizing, ORPHAN, type OwnerState, planCollection } from './plan.js';

type Watched = { readonly resource: ResourceType; readonly informer: Informer<KubernetesObject> };
type Reference = Readonly<OwnerReference>;

/** How many uids are remembered as those of owners that no longer exist. */
const MAX_ABSENT = 10_000;

/** Deletes what has lost its owners, and finishes deletions that wait for dependents or orphan them. */
export const createGarbageCollector: ControllerFactory = (context) => {
  const { client, informers } = context;
  // Events own nothing and nobody owns them; there are too many to hold.
  const watched = new Map<string, Watched>(
    resourceTable
      .filter((resource) => resource.plural !== events.plural)
      .map((resource) => [`${resource.group}/${resource.plural}`, { resource, informer: informers.for(resource) }]),
  );
  const byKind = new Map(
    [...watched.values()].map((each) => [`${apiVersionOf(each.resource)}/${each.resource.kind}`, each]),
  );
  const absent = new Set<string>();
  const all = [...watched.values()];
  const reconciler = context.createReconciler(
    'GarbageCollector',
    reconcile,
    all.map(({ informer }) => informer),
    {
      workers: 20,
    },
  );
  const { queue } = reconciler;
  const queueKey = (resource: ResourceType, key: string) => `${resource.group}/${resource.plural} ${key}`;

  for (const { resource, informer } of all)
    informer.onChange(({ type, key, object, old, trace }) => {
      if (type === 'deleted') {
        for (const dependent of dependentsOf(object.metadata.uid)) queue.add(dependent.queueKey, trace);
        for (const owner of object.metadata.ownerReferences ?? []) enqueueOwner(object, owner, trace);
        return;
      }
      const owners = object.metadata.ownerReferences;
      const finalizing = object.metadata.deletionTimestamp !== undefined && object.metadata.finalizers?.length;
      if (finalizing || (owners?.length && !(old && deepEqual(owners, old.metadata.ownerReferences))))
        queue.add(queueKey(resource, key), trace);
    });

  function enqueueOwner(
    object: Cached<KubernetesObject>,
    reference: Reference,
    trace: ReconcileContext['trace'],
  ): void {
    const found = ownerOf(object, reference);
    const owner = found?.informer.get(found.key);
    if (found && owner && isFinalizing(owner, FOREGROUND)) queue.add(queueKey(found.resource, found.key), trace);
  }

  function dependentsOf(uid: string) {
    return all.flatMap(({ resource, informer }) =>
      informer.byIndex(OWNER_INDEX, uid).map((object) => {
        const { namespace, name } = object.metadata;
        const key = namespace ? `${namespace}/${name}` : name;
        return { resource, object, namespace: namespace ?? '', queueKey: queueKey(resource, key) };
      }),
    );
  }

  /** Where the owner would be; undefined for a kind that is not served. An owner is of the object's namespace or of none. */
  function ownerOf(object: Cached<KubernetesObject>, { apiVersion, kind, name }: Reference) {
    const found = byKind.get(`${apiVersion}/${kind}`);
    if (found === undefined) return undefined;
    const namespace = found.resource.namespaced ? (object.metadata.namespace ?? '') : '';
    return { ...found, namespace, key: namespace ? `${namespace}/${name}` : name };
  }

  async function stateOf(
    object: Cached<KubernetesObject>,
    reference: Reference,
    { trace }: ReconcileContext,
  ): Promise<OwnerState> {
    const found = ownerOf(object, reference);
    // What is not served here may exist elsewhere: nothing is deleted for its sake.
    if (found === undefined) return 'solid';
    const { resource, informer, namespace, key } = found;
    if (resource.namespaced && namespace === '') return 'absent';
    const cached = informer.get(key);
    if (cached?.metadata.uid === reference.uid) return isFinalizing(cached, FOREGROUND) ? 'waiting' : 'solid';
    if (absent.has(reference.uid)) return 'absent';
    // The cache may lag: only the apiserver can say that it does not exist.
    const live = await getIfPresent(client, resource, { namespace, name: reference.name }, { trace });
    if (live?.metadata.uid === reference.uid) return 'solid';
    if (absent.size >= MAX_ABSENT) absent.clear();
    absent.add(reference.uid);
    return 'absent';
  }

  async function reconcile(queued: string, reconcileContext: ReconcileContext) {
    const [place = '', key = ''] = queued.split(' ');
    const found = watched.get(place);
    const object = found?.informer.get(key);
    if (found === undefined || object === undefined) return undefined;
    const { resource } = found;
    if (isFinalizing(object, ORPHAN)) await orphanDependents(resource, object, reconcileContext);
    if (isFinalizing(object, FOREGROUND)) await deleteDependents(resource, object, reconcileContext);
    const references = object.metadata.ownerReferences ?? [];
    const owners = [];
    for (const reference of references)
      owners.push({ reference, state: await stateOf(object, reference as Reference, reconcileContext) });
    const step = planCollection(object, owners, dependentsOf(object.metadata.uid).length > 0);
    const { namespace = '', name, uid } = object.metadata;
    const { trace, log } = reconcileContext;
    if (step.do === 'delete') {
      const { propagationPolicy } = step;
      log.info({ resource: resource.plural, key, propagationPolicy }, 'deleting what has lost its owners');
      await deleteIfPresent(
        client,
        resource,
        { namespace, name },
        { trace, propagationPolicy, preconditions: { uid } },
      );
    } else if (step.do === 'dropOwners') await dropOwners(resource, object, step.uids, reconcileContext);
    return undefined;
  }

  async function dropOwners(
    resource: ResourceType,
    { metadata }: Cached<KubernetesObject>,
    uids: readonly string[],
    { trace }: ReconcileContext,
  ): Promise<void> {
    const { namespace = '', name, uid } = metadata;
    const patch = { metadata: { uid, ownerReferences: uids.map((owner) => ({ $patch: 'delete', uid: owner })) } };
    await client.patch(resource, { namespace, name }, 'strategic', patch, { trace }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }

  async function orphanDependents(
    resource: ResourceType,
    owner: Cached<KubernetesObject>,
    reconcileContext: ReconcileContext,
  ) {
    for (const dependent of dependentsOf(owner.metadata.uid))
      await dropOwners(dependent.resource, dependent.object, [owner.metadata.uid], reconcileContext);
    await removeFinalizer(resource, owner, ORPHAN, reconcileContext);
  }

  async function deleteDependents(
    resource: ResourceType,
    owner: Cached<KubernetesObject>,
    reconcileContext: ReconcileContext,
  ) {
    const dependents = dependentsOf(owner.metadata.uid);
    const blocking = new Set(
      blockingDependents(
        owner,
        dependents.map(({ object }) => object),
      ),
    );
    if (blocking.size === 0) await removeFinalizer(resource, owner, FOREGROUND, reconcileContext);
    // Each of them finds that its owner waits, and goes.
    else for (const dependent of dependents) queue.add(dependent.queueKey, reconcileContext.trace);
  }

  async function removeFinalizer(
    resource: ResourceType,
    { metadata }: Cached<KubernetesObject>,
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
