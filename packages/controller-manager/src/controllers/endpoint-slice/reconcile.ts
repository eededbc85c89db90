import { type EndpointSlice, endpointSlices, isApiError, nodes, pods, services } from '@kubelab/api';
import { type Cached, deleteIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { messageOf } from '../../message-of.js';
import { isNamespaceTerminating } from '../../namespace-terminating.js';
import { PendingWrites } from '../../ownership/pending-writes.js';
import { enqueueServicesOf, podsOf, servicesOf } from '../../services-of-pods.js';
import { NODE_INDEX, SERVICE_INDEX } from '../../shared-informers.js';
import { MANAGED_BY, planSlices, type SlicePlan } from './plan.js';

/** Lists the pods behind each Service in EndpointSlices. */
export const createEndpointSliceController: ControllerFactory = (context) => {
  const { client, informers, recorder, clock } = context;
  const serviceInformer = informers.for(services);
  const podInformer = informers.for(pods);
  const sliceInformer = informers.for(endpointSlices);
  const nodeInformer = informers.for(nodes);
  const pending = new PendingWrites(clock);
  const reconciler = context.createReconciler('EndpointSlice', reconcile, [
    serviceInformer,
    podInformer,
    sliceInformer,
    nodeInformer,
  ]);
  const { queue } = reconciler;

  serviceInformer.onChange(({ key, trace }) => queue.add(key, trace));
  enqueueServicesOf(podInformer, serviceInformer, queue);
  // A node that comes or goes takes its pods' endpoints with it.
  nodeInformer.onChange(({ type, key, trace }) => {
    if (type === 'modified') return;
    for (const pod of podInformer.byIndex(NODE_INDEX, key))
      for (const { metadata } of servicesOf(pod, serviceInformer))
        queue.add(`${metadata.namespace}/${metadata.name}`, trace);
  });
  sliceInformer.onChange(({ type, object, old, trace }) => {
    for (const slice of old ? [object, old] : [object]) {
      const service = slice.metadata.labels?.['kubernetes.io/service-name'];
      if (service === undefined || !isOurs(slice)) continue;
      const key = `${slice.metadata.namespace}/${service}`;
      if (type !== 'modified') pending.seen(key, slice.metadata.uid);
      queue.add(key, trace);
    }
  });

  async function reconcile(key: string, reconcileContext: ReconcileContext) {
    const existing = sliceInformer.byIndex(SERVICE_INDEX, key).filter(isOurs);
    const service = serviceInformer.get(key);
    if (service === undefined) {
      pending.seen(key);
      for (const slice of existing) await remove(slice, reconcileContext);
      return undefined;
    }
    if (!service.spec?.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp)
      return undefined;
    const waitMs = pending.waitMs(key);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const nodeOf = (name: string) => nodeInformer.get(name);
    try {
      await apply(key, planSlices({ service, existing, pods: podsOf(service, podInformer), nodeOf }), reconcileContext);
    } catch (error) {
      if (!isApiError(error, 'Conflict', 'ServiceUnavailable') && !isNamespaceTerminating(error)) {
        const message = `Error updating Endpoint Slices for Service ${key}: ${messageOf(error)}`;
        recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message, reconcileContext.trace);
      }
      throw error;
    }
    return undefined;
  }

  /** Updates come first: a cache that lags makes them a Conflict, and nothing else is then done from it. */
  async function apply(key: string, plan: SlicePlan, reconcileContext: ReconcileContext): Promise<void> {
    const { trace } = reconcileContext;
    for (const slice of plan.update) await client.update(endpointSlices, slice, { trace });
    for (const slice of plan.create) {
      const { metadata } = await client.create(endpointSlices, slice, { trace });
      const sliceKey = `${metadata.namespace}/${metadata.name}`;
      pending.add(key, metadata.uid, () => sliceInformer.get(sliceKey)?.metadata.uid === metadata.uid);
    }
    for (const slice of plan.delete) await remove(slice, reconcileContext);
  }

  async function remove({ metadata }: Cached<EndpointSlice>, { trace }: ReconcileContext): Promise<void> {
    const { namespace = '', name, uid } = metadata;
    await deleteIfPresent(client, endpointSlices, { namespace, name }, { trace, preconditions: { uid } });
  }

  return reconciler;
};

const isOurs = ({ metadata }: Cached<EndpointSlice>): boolean =>
  metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === MANAGED_BY;
