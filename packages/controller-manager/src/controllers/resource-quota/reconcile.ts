import {
  type KubernetesObject,
  quotaNamesOf,
  quotaUsage,
  type ResourceQuota,
  type ResourceType,
  resourceQuotas,
  resourceTable,
  sameLists,
} from '@kubelab/api';
import { type Cached, type Change, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { type Counted, lowers, usedOf } from './plan.js';

/**
 * How long a quota has to be left alone before less is written down as used.
 * The apiserver charges before it creates: what has been charged a moment ago
 * may not be there to be counted yet.
 */
const SETTLE_MS = 1000;
/** Changes that come together are counted together. */
const GATHER_MS = 100;
/** Some usage ends by the clock: pods that should have ended long ago. */
const RECOUNT_MS = 5 * 60_000;

/** Kinds that can be counted: all that are kept in namespaces, each in its one stored form. */
const COUNTABLE = resourceTable.filter(
  ({ namespaced, stored, view, plural }) => namespaced && stored !== false && view === undefined && plural !== 'events',
);

/** Counts what the quotas of a namespace limit, and says so in their status, which the apiserver charges to. */
export const createResourceQuotaController: ControllerFactory = (context) => {
  const { client, informers, clock } = context;
  const quotaInformer = informers.for(resourceQuotas);
  const watched = COUNTABLE.map((resource) => ({ resource, informer: informers.for(resource) }));
  const reconciler = context.createReconciler('ResourceQuota', reconcile, [
    quotaInformer,
    ...watched.map(({ informer }) => informer),
  ]);
  const { queue } = reconciler;
  /** The version of each quota that was seen last, and since when. */
  const seen = new Map<string, { readonly version: string; readonly sinceMs: number }>();

  quotaInformer.onChange(({ type, key, object, trace }) => {
    if (type === 'deleted') seen.delete(key);
    else seen.set(key, { version: object.metadata.resourceVersion, sinceMs: clock.now() });
    queue.add(key, trace);
  });
  for (const { resource, informer } of watched) {
    informer.onChange((change) => {
      for (const key of concernedBy(resource, change)) queue.addAfter(key, GATHER_MS, change.trace);
    });
  }

  function concernedBy(resource: ResourceType, { object, old, type }: Change<KubernetesObject>): string[] {
    const quotas = quotaInformer.byIndex('namespace', object.metadata.namespace ?? '');
    if (quotas.length === 0) return [];
    const now = clock.now();
    const isSame = old && sameLists(quotaUsage(resource, object, now), quotaUsage(resource, old, now));
    if (type === 'modified' && isSame) return [];
    return quotas
      .filter(({ spec }) => quotaNamesOf(resource, Object.keys(spec?.hard ?? {})).length > 0)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  }

  async function reconcile(key: string, { trace, signal }: ReconcileContext) {
    const quota = quotaInformer.get(key);
    if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return undefined;
    const { hard = {}, used: before = {} } = quota.status ?? {};
    let used = usedOf(quota, fromCaches(quota), clock.now());
    if (lowers(used, before)) {
      const waitMs = (seen.get(key)?.sinceMs ?? 0) + SETTLE_MS - clock.now();
      if (waitMs > 0) return { requeueAfterMs: waitMs };
      // Caches may be behind; what is given back must be free indeed.
      used = usedOf(quota, await fromServer(quota, signal), clock.now());
    }
    if (!sameLists(hard, quota.spec?.hard ?? {}) || !sameLists(before, used)) {
      const next = mutableCopy<ResourceQuota>(quota);
      next.status = { hard: { ...next.spec?.hard }, used };
      // Compared by version: what has been charged meanwhile makes it a conflict, and it is counted again.
      await client.updateStatus(resourceQuotas, next, { trace, signal });
    }
    return { requeueAfterMs: RECOUNT_MS };
  }

  function kindsOf({ spec }: Cached<ResourceQuota>) {
    const names = Object.keys(spec?.hard ?? {});
    return watched.filter(({ resource }) => quotaNamesOf(resource, names).length > 0);
  }

  function fromCaches(quota: Cached<ResourceQuota>): Counted[] {
    const { namespace = '' } = quota.metadata;
    return kindsOf(quota).map(({ resource, informer }) => ({
      resource,
      objects: informer.byIndex('namespace', namespace),
    }));
  }

  async function fromServer(quota: Cached<ResourceQuota>, signal: AbortSignal): Promise<Counted[]> {
    const { namespace = '' } = quota.metadata;
    const counted: Counted[] = [];
    for (const { resource } of kindsOf(quota)) {
      const { items } = await client.list(resource, { namespace, signal });

      counted.push({ resource, objects: items });
    }
    return counted;
  }

  return reconciler;
};
