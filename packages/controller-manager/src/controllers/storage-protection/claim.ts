import { isPodTerminal, type Pod, persistentVolumeClaims, pods } from '@kubelab/api';
import { type Cached, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';

const FINALIZER = 'kubernetes.io/pvc-protection';

/** Lets a claim that is being deleted go once no pod uses it. */
export const createClaimProtectionController: ControllerFactory = (context) => {
  const { client, informers } = context;
  const claimInformer = informers.for(persistentVolumeClaims);
  const podInformer = informers.for(pods);
  const reconciler = context.createReconciler('PersistentVolumeClaimProtection', reconcile, [
    claimInformer,
    podInformer,
  ]);
  const { queue } = reconciler;
  claimInformer.onChange(({ key, object, trace }) => {
    if (object.metadata.deletionTimestamp !== undefined) queue.add(key, trace);
  });
  podInformer.onChange(({ type, object, trace }) => {
    if (type !== 'deleted' && !isPodTerminal(object)) return;
    for (const name of claimsOf(object)) queue.add(`${object.metadata.namespace}/${name}`, trace);
  });

  async function reconcile(key: string, { trace, signal }: ReconcileContext) {
    const claim = claimInformer.get(key);
    const { namespace = '', name, finalizers = [], deletionTimestamp } = claim?.metadata ?? { name: '' };
    if (claim === undefined || deletionTimestamp === undefined || !finalizers.includes(FINALIZER)) return undefined;
    const uses = (pod: Cached<Pod>) => !isPodTerminal(pod) && claimsOf(pod).includes(name);
    if (podInformer.byIndex('namespace', namespace).some(uses)) return undefined;
    // The cache may not have seen a pod that was made a moment ago.
    const { items } = await client.list(pods, { namespace, signal });
    if (items.some(uses)) return undefined;
    const next = mutableCopy(claim);
    next.metadata.finalizers = finalizers.filter((finalizer) => finalizer !== FINALIZER);
    await client.update(persistentVolumeClaims, next, { trace, signal });
    return undefined;
  }

  return reconciler;
};

function claimsOf({ metadata, spec }: Cached<Pod>): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${metadata.name}-${name}`] : [];
  });
}
