import { type EndpointSlice, endpointSlices, nodes, pods, selectorFromLabels, services } from '@kubelab/api';
import { type Cached, deleteIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { PendingWrites } from '../../ownership/pending-writes.js';
import { enqueueServicesOf } from '../../services-of-pods.js';
import { SERVICE_INDEX } from '../../shared-informers.js';
import { MANAGED_BY, planSlices } from './plan.js';

/** Lists the pods behind each Service in EndpointSlices. */
export const createEndpointSliceController: ControllerFactory = (context) => {
  const { client, informers, clock } = context;
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
  sliceInformer.onChange(({ type, object, trace }) => {
    const service = object.metadata.labels?.['kubernetes.io/service-name'];
    if (service === undefined || !isOurs(object)) return;
    const key = `${object.metadata.namespace}/${service}`;
    if (type !== 'modified') pending.seen(key, object.metadata.uid);
    queue.add(key, trace);
  });

  async function reconcile(key: string, { trace }: ReconcileContext) {
    const existing = sliceInformer.byIndex(SERVICE_INDEX, key).filter(isOurs);
    const service = serviceInformer.get(key);
    if (service === undefined) {
      pending.seen(key);
      for (const slice of existing) await remove(slice);
      return undefined;
    }
    if (!service.spec?.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp)
      return undefined;
    if (!pending.settled(key)) return undefined;
    const selector = selectorFromLabels(service.spec.selector as Record<string, string>);
    const plan = planSlices({
      service,
      existing,
      pods: podInformer
        .byIndex('namespace', service.metadata.namespace ?? '')
        .filter((pod) => selector.matches(pod.metadata.labels)),
      zoneOf: (name) => nodeInformer.get(name)?.metadata.labels?.['topology.kubernetes.io/zone'],
    });
    // A cache that lags makes this a Conflict, and the key comes back.
    for (const slice of plan.update) await client.update(endpointSlices, slice, { trace });
    for (const slice of plan.create) {
      const { metadata } = await client.create(endpointSlices, slice, { trace });
      const sliceKey = `${metadata.namespace}/${metadata.name}`;
      pending.add(key, metadata.uid, () => sliceInformer.get(sliceKey)?.metadata.uid === metadata.uid);
    }
    for (const slice of plan.delete) await remove(slice);
    return undefined;

    async function remove({ metadata }: Cached<EndpointSlice>): Promise<void> {
      const { namespace = '', name, uid } = metadata;
      await deleteIfPresent(client, endpointSlices, { namespace, name }, { trace, preconditions: { uid } });
    }
  }

  return reconciler;
};

const isOurs = ({ metadata }: Cached<EndpointSlice>): boolean =>
  metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === MANAGED_BY;
