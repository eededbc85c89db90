import { persistentVolumes } from '@kubelab/api';
import { mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';

const FINALIZER = 'kubernetes.io/pv-protection';

/** Lets a volume that is being deleted go once it is bound to no claim. */
export const createVolumeProtectionController: ControllerFactory = (context) => {
  const { client, informers } = context;
  const volumeInformer = informers.for(persistentVolumes);
  const reconciler = context.createReconciler('PersistentVolumeProtection', reconcile, [volumeInformer]);
  const { queue } = reconciler;
  volumeInformer.onChange(({ key, object, trace }) => {
    if (object.metadata.deletionTimestamp !== undefined) queue.add(key, trace);
  });

  async function reconcile(key: string, { trace, signal }: ReconcileContext) {
    const volume = volumeInformer.get(key);
    if (volume?.metadata.deletionTimestamp === undefined || volume.status?.phase === 'Bound') return undefined;
    const { finalizers = [] } = volume.metadata;
    if (!finalizers.includes(FINALIZER)) return undefined;
    const next = mutableCopy(volume);
    next.metadata.finalizers = finalizers.filter((finalizer) => finalizer !== FINALIZER);
    await client.update(persistentVolumes, next, { trace, signal });
    return undefined;
  }

  return reconciler;
};
