import { namespaces, serviceAccounts } from '@kubelab/api';
import { createOrGet, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';

/** Gives every namespace its ServiceAccount `default`. */
export const createServiceAccountController: ControllerFactory = (context) => {
  const { client, informers } = context;
  const namespaceInformer = informers.for(namespaces);
  const accountInformer = informers.for(serviceAccounts);
  const reconciler = context.createReconciler('ServiceAccount', reconcile, [namespaceInformer, accountInformer]);
  const { queue } = reconciler;
  namespaceInformer.onChange(({ key, trace }) => queue.add(key, trace));
  accountInformer.onChange(({ type, object, trace }) => {
    if (type === 'deleted' && object.metadata.name === 'default') queue.add(object.metadata.namespace ?? '', trace);
  });

  async function reconcile(namespace: string, { trace }: ReconcileContext) {
    const present = namespaceInformer.get(namespace);
    if (!present || present.metadata.deletionTimestamp || accountInformer.get(`${namespace}/default`)) return undefined;
    await createOrGet(client, serviceAccounts, { metadata: { namespace, name: 'default' } }, { trace });
    return undefined;
  }

  return reconciler;
};
