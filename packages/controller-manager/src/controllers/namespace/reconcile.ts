import {
  isApiError,
  type KubernetesObject,
  type Namespace,
  namespaces,
  pods,
  qualifiedName,
  type ResourceType,
  resourceTable,
} from '@kubelab/api';
import { type Cached, deleteIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { messageOf } from '../../message-of.js';
import { inBatches } from '../../ownership/in-batches.js';
import { statusDiffers } from '../../status-differs.js';
import { planConditions, type Remaining, remainingOf } from './plan.js';

const FINALIZER = 'kubernetes';
/** A look at what is left, should no event tell. */
const RECHECK_MS = 5_000;
/** Objects that are held in memory at a time: of events there may be a hundred thousand. */
const PAGE_SIZE = 1_000;

interface Emptied {
  readonly remaining: readonly Remaining[];
  readonly failures: readonly string[];
}

/** Empties a namespace that is being deleted, then lets it go. */
export const createNamespaceController: ControllerFactory = (context) => {
  const { client, informers, clock } = context;
  const namespaceInformer = informers.for(namespaces);
  // Pods go first, so that none outlives what it relies on or is guarded by (KEP-5080).
  const kinds = resourceTable
    .filter(({ namespaced, view, verbs = ['list'] }) => namespaced && view === undefined && verbs.includes('list'))
    .sort((a, b) => Number(isPods(b)) - Number(isPods(a)));
  // Of events there are too many to hold: they are listed once all else is gone.
  const watched = kinds.filter(({ plural }) => plural !== 'events');
  const reconciler = context.createReconciler('Namespace', reconcile, [namespaceInformer], { workers: 10 });
  const { queue } = reconciler;
  namespaceInformer.onChange(({ key, object, trace }) => {
    if (object.metadata.deletionTimestamp) queue.add(key, trace);
  });
  // Only the last of a kind lets it go on: to look at all that is left after each of thousands would take all its time.
  for (const resource of watched) {
    const informer = informers.for(resource);
    informer.onChange(({ type, object, trace }) => {
      const namespace = object.metadata.namespace ?? '';
      if (type !== 'deleted' || !namespaceInformer.get(namespace)?.metadata.deletionTimestamp) return;
      if (!informer.hasAny('namespace', namespace)) queue.add(namespace, trace);
    });
  }

  async function reconcile(key: string, reconcileContext: ReconcileContext) {
    const namespace = namespaceInformer.get(key);
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(FINALIZER)) return undefined;
    const fromCache = (resource: ResourceType) => informers.for(resource).byIndex('namespace', key);
    let emptied = await empty(watched, key, fromCache, reconcileContext);
    // The caches may lag: only the apiserver can say that nothing is left.
    if (isEmpty(emptied)) emptied = await emptyLive(key, reconcileContext);
    if (isEmpty(emptied)) return finalize(namespace, reconcileContext);
    await writeConditions(namespace, emptied, reconcileContext);
    return { requeueAfterMs: RECHECK_MS };
  }

  /** Deletes all that is there and not going yet; kind by kind, and nothing else while pods are left. */
  async function empty(
    resources: readonly ResourceType[],
    namespace: string,
    objectsOf: (resource: ResourceType) => readonly Cached<KubernetesObject>[],
    reconcileContext: ReconcileContext,
  ): Promise<Emptied> {
    const remaining: Remaining[] = [];
    const failures: string[] = [];
    for (const resource of resources) {
      const objects = objectsOf(resource);
      try {
        await deleteAll(resource, namespace, objects, reconcileContext);
      } catch (error) {
        failures.push(`${qualifiedName(resource)}: ${messageOf(error)}`);
      }
      if (objects.length > 0) remaining.push(remainingOf(resource, objects));
      if (isPods(resource) && objects.length > 0) break;
    }
    return { remaining, failures };
  }

  async function emptyLive(namespace: string, reconcileContext: ReconcileContext): Promise<Emptied> {
    const left: Remaining[] = [];
    for (const resource of kinds) {
      const still = await deletePages(resource, namespace, reconcileContext);
      if (still.length > 0) left.push(remainingOf(resource, still));
    }
    return { remaining: left, failures: [] };
  }

  /** Page by page, always the first: what is deleted makes room on it. Answers with what stays on it. */
  async function deletePages(
    resource: ResourceType,
    namespace: string,
    reconcileContext: ReconcileContext,
  ): Promise<readonly Cached<KubernetesObject>[]> {
    const { trace, signal } = reconcileContext;
    for (;;) {
      const page = await client.list(resource, { namespace, limit: PAGE_SIZE, trace, signal });
      const items = page.items as readonly Cached<KubernetesObject>[];
      if (items.every(isGoing)) return items;
      await deleteAll(resource, namespace, items, reconcileContext);
    }
  }

  function deleteAll(
    resource: ResourceType,
    namespace: string,
    objects: readonly Cached<KubernetesObject>[],
    { trace, signal }: ReconcileContext,
  ): Promise<void> {
    const present = objects.filter((object) => !isGoing(object));
    const deleteOne = ({ metadata: { name, uid } }: Cached<KubernetesObject>) =>
      deleteIfPresent(
        client,
        resource,
        { namespace, name },
        { trace, propagationPolicy: 'Background', preconditions: { uid } },
      );
    return inBatches(present, deleteOne, signal);
  }

  async function writeConditions(
    namespace: Cached<Namespace>,
    { remaining, failures }: Emptied,
    { trace }: ReconcileContext,
  ): Promise<void> {
    const conditions = planConditions(namespace.status?.conditions ?? [], remaining, failures, clock.now());
    const copy = mutableCopy<Namespace>(namespace);
    const status = { ...copy.status, conditions };
    if (statusDiffers(namespace.status, status)) await client.updateStatus(namespaces, { ...copy, status }, { trace });
  }

  async function finalize(namespace: Cached<Namespace>, { trace }: ReconcileContext): Promise<undefined> {
    const copy = mutableCopy<Namespace>(namespace);
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const finalized = { ...copy, spec: { ...copy.spec, finalizers } };
    await client.update(namespaces, finalized, { trace, subresource: 'finalize' }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
    return undefined;
  }

  return reconciler;
};

const isPods = ({ group, plural }: ResourceType): boolean => group === pods.group && plural === pods.plural;

const isGoing = ({ metadata }: Cached<KubernetesObject>): boolean => metadata.deletionTimestamp !== undefined;

const isEmpty = ({ remaining, failures }: Emptied): boolean => remaining.length === 0 && failures.length === 0;
