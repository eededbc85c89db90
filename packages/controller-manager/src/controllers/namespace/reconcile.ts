import { isApiError, type Namespace, namespaces, qualifiedName, type ResourceType, resourceTable } from '@kubelab/api';
import { deleteIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { statusDiffers } from '../../status-differs.js';
import { planConditions, type Remaining } from './plan.js';

const FINALIZER = 'kubernetes';
/** A look at what is left, should no event tell. */
const RECHECK_MS = 5_000;
const DELETIONS_AT_ONCE = 32;

/** Empties a namespace that is being deleted, then lets it go. */
export const createNamespaceController: ControllerFactory = (context) => {
  const { client, informers, clock } = context;
  const namespaceInformer = informers.for(namespaces);
  const resources = resourceTable.filter(
    ({ namespaced, verbs }) =>
      namespaced && (verbs === undefined || (verbs.includes('list') && verbs.includes('delete'))),
  );
  const reconciler = context.createReconciler('Namespace', reconcile, [namespaceInformer], { workers: 10 });
  const { queue } = reconciler;
  namespaceInformer.onChange(({ key, object, trace }) => {
    if (object.metadata.deletionTimestamp) queue.add(key, trace);
  });

  async function reconcile(key: string, reconcileContext: ReconcileContext) {
    const namespace = namespaceInformer.get(key);
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(FINALIZER)) return undefined;
    const failures: string[] = [];
    const remaining: Remaining[] = [];
    for (const resource of resources) {
      try {
        remaining.push(await empty(resource, key, reconcileContext));
      } catch (error) {
        failures.push(`${qualifiedName(resource)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const done = failures.length === 0 && remaining.every(({ count }) => count === 0);
    const { trace } = reconcileContext;
    const copy = mutableCopy<Namespace>(namespace);
    if (!done) {
      const conditions = planConditions(namespace.status?.conditions ?? [], remaining, failures, clock.now());
      const status = { ...copy.status, conditions };
      if (statusDiffers(namespace.status, status))
        await client.updateStatus(namespaces, { ...copy, status }, { trace });
      return { requeueAfterMs: RECHECK_MS };
    }
    const finalizers = namespace.spec.finalizers.filter((finalizer) => finalizer !== FINALIZER);
    await client
      .update(namespaces, { ...copy, spec: { ...copy.spec, finalizers } }, { trace, subresource: 'finalize' })
      .catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    return undefined;
  }

  /** Deletes all of one kind, and says what is still there. */
  async function empty(
    resource: ResourceType,
    namespace: string,
    { trace, signal }: ReconcileContext,
  ): Promise<Remaining> {
    const { items } = await client.list(resource, { namespace, trace, signal });
    const toDelete = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    for (let start = 0; start < toDelete.length; start += DELETIONS_AT_ONCE)
      await Promise.all(
        toDelete.slice(start, start + DELETIONS_AT_ONCE).map(({ metadata: { name, uid } }) =>
          deleteIfPresent(
            client,
            resource,
            { namespace, name },
            {
              trace,
              propagationPolicy: 'Background',
              preconditions: { uid },
            },
          ),
        ),
      );
    const { items: left } = items.length > 0 ? await client.list(resource, { namespace, trace, signal }) : { items };
    const finalizers = new Map<string, number>();
    for (const { metadata } of left)
      for (const finalizer of metadata.finalizers ?? [])
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    return { resource: qualifiedName(resource), count: left.length, finalizers };
  }

  // What disappears from a namespace that goes may have been the last of it.
  for (const resource of resources) {
    if (resource.plural !== 'events')
      informers.for(resource).onChange(({ type, object, trace }) => {
        const namespace = object.metadata.namespace ?? '';
        if (type === 'deleted' && namespaceInformer.get(namespace)?.metadata.deletionTimestamp)
          queue.add(namespace, trace);
      });
  }

  return reconciler;
};
