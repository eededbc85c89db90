import { deepEqual, endpoints, pods, selectorFromLabels, services } from '@kubelab/api';
import { deleteIfPresent, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { enqueueServicesOf } from '../../services-of-pods.js';
import { planEndpoints } from './plan.js';

/** Lists the pods behind each Service in its Endpoints, for clients that know no EndpointSlices. */
export const createEndpointsController: ControllerFactory = (context) => {
  const { client, informers } = context;
  const serviceInformer = informers.for(services);
  const podInformer = informers.for(pods);
  const endpointsInformer = informers.for(endpoints);
  const reconciler = context.createReconciler('Endpoints', reconcile, [
    serviceInformer,
    podInformer,
    endpointsInformer,
  ]);
  const { queue } = reconciler;
  serviceInformer.onChange(({ key, trace }) => queue.add(key, trace));
  endpointsInformer.onChange(({ key, trace }) => queue.add(key, trace));
  enqueueServicesOf(podInformer, serviceInformer, queue);

  async function reconcile(key: string, { trace }: ReconcileContext) {
    const service = serviceInformer.get(key);
    const present = endpointsInformer.get(key);
    if (service === undefined) {
      // Those without a Service that were made by hand stay.
      if (present?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== 'endpoint-controller') return undefined;
      const { namespace = '', name, uid } = present.metadata;
      await deleteIfPresent(client, endpoints, { namespace, name }, { trace, preconditions: { uid } });
      return undefined;
    }
    if (!service.spec?.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp)
      return undefined;
    const selector = selectorFromLabels(service.spec.selector as Record<string, string>);
    const matching = podInformer
      .byIndex('namespace', service.metadata.namespace ?? '')
      .filter((pod) => selector.matches(pod.metadata.labels));
    const wanted = planEndpoints(service, matching);
    if (present === undefined) {
      await client.create(endpoints, wanted, { trace });
      return undefined;
    }
    const same =
      deepEqual(present.subsets ?? [], wanted.subsets ?? []) &&
      deepEqual(present.metadata.labels ?? {}, wanted.metadata?.labels ?? {});
    if (same) return undefined;
    const { metadata } = mutableCopy(present);
    await client.update(endpoints, { ...wanted, metadata: { ...metadata, ...wanted.metadata } }, { trace });
    return undefined;
  }

  return reconciler;
};
