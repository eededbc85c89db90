import { endpoints, isApiError, pods, services } from '@kubelab/api';
import { deleteIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { isNamespaceTerminating } from '../../namespace-terminating.js';
import { enqueueServicesOf, podsOf } from '../../services-of-pods.js';
import { isManaged, planEndpoints } from './plan.js';

/** Lists the pods behind each Service in its Endpoints, for clients that know no EndpointSlices. */
export const createEndpointsController: ControllerFactory = (context) => {
  const { client, informers, recorder } = context;
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
      if (present === undefined || !isManaged(present)) return undefined;
      const { namespace = '', name, uid } = present.metadata;
      await deleteIfPresent(client, endpoints, { namespace, name }, { trace, preconditions: { uid } });
      return undefined;
    }
    if (!service.spec?.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp)
      return undefined;
    const wanted = planEndpoints(service, podsOf(service, podInformer), present);
    if (wanted === undefined) return undefined;
    try {
      if (present) await client.update(endpoints, wanted, { trace });
      else await client.create(endpoints, wanted, { trace });
    } catch (error) {
      // A cache that lags is no news.
      if (isApiError(error, 'Forbidden', 'Invalid') && !isNamespaceTerminating(error)) {
        const [reason, what] = present
          ? ['FailedToUpdateEndpoint', 'update endpoint']
          : ['FailedToCreateEndpoint', 'create endpoint for service'];
        recorder.event(service, 'Warning', reason, `Failed to ${what} ${key}: ${error.message}`, trace);
      }
      throw error;
    }
    return undefined;
  }

  return reconciler;
};
