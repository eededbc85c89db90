import { ipAddresses, type ServiceCIDR, serviceCidrs } from '@kubelab/api';
import { type Cached, getIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { timestamp } from '../../timestamp.js';
import { mayGo, READY, type ReadyState, STILL_USED, withReady } from './plan.js';

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
/** Until then some apiserver may not know yet that addresses of it are given no more. */
const DELETION_GRACE_MS = 10_000;

/** Says of each ServiceCIDR that it is ready, and holds one that is deleted as long as addresses of it are in use. */
export const createServiceCidrController: ControllerFactory = (context) => {
  const { client, informers, clock } = context;
  const cidrInformer = informers.for(serviceCidrs);
  const addressInformer = informers.for(ipAddresses);
  const reconciler = context.createReconciler('ServiceCIDR', reconcile, [cidrInformer, addressInformer]);
  const { queue } = reconciler;
  const enqueueLeaving = () => {
    for (const { metadata } of cidrInformer.list()) if (metadata.deletionTimestamp) queue.add(metadata.name);
  };
  cidrInformer.onChange(({ key, trace }) => {
    queue.add(key, trace);
    // Another one that came may hold its addresses.
    enqueueLeaving();
  });
  addressInformer.onChange(({ type }) => {
    if (type === 'deleted') enqueueLeaving();
  });

  async function reconcile(name: string, { trace, signal }: ReconcileContext) {
    const cidr = cidrInformer.get(name);
    if (cidr === undefined) return undefined;
    const { deletionTimestamp, finalizers = [] } = cidr.metadata;
    const isHeld = finalizers.includes(FINALIZER);
    if (deletionTimestamp === undefined) {
      const held = isHeld
        ? cidr
        : await client.update(serviceCidrs, withFinalizers(cidr, [...finalizers, FINALIZER]), { trace, signal });
      await setReady(held, READY);
      return undefined;
    }
    if (!isHeld) return undefined;
    if (!mayGo(cidr, cidrInformer.list(), () => addressInformer.list())) {
      await setReady(cidr, STILL_USED);
      return undefined;
    }
    const leftMs = Date.parse(deletionTimestamp) + DELETION_GRACE_MS - clock.now();
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    // The caches may not have seen an address that was given, or a ServiceCIDR that went, a moment ago.
    const [all, addresses] = await Promise.all([
      client.list(serviceCidrs, { signal }),
      client.list(ipAddresses, { signal }),
    ]);
    const present = await getIfPresent(client, serviceCidrs, { namespace: '', name }, { signal });
    if (present?.metadata.uid !== cidr.metadata.uid || !mayGo(present, all.items, () => addresses.items)) {
      return { requeueAfterMs: DELETION_GRACE_MS };
    }
    const others = (present.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    await client.update(serviceCidrs, withFinalizers(present, others), { trace, signal });
    return undefined;

    async function setReady(present: Cached<ServiceCIDR>, state: ReadyState) {
      const conditions = withReady(present, state, timestamp(clock.now()));
      if (conditions === undefined) return;
      const next = { ...mutableCopy(present), status: { conditions } };
      await client.updateStatus(serviceCidrs, next, { trace, signal });
    }
  }

  return reconciler;
};

function withFinalizers(cidr: Cached<ServiceCIDR>, finalizers: readonly string[]) {
  const next = mutableCopy(cidr);
  next.metadata.finalizers = [...finalizers];
  return next;
}
