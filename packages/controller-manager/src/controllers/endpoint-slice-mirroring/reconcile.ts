import { type EndpointSlice, endpointSlices, endpoints, isApiError, services } from '@kubelab/api';
import { type Cached, deleteIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { messageOf } from '../../message-of.js';
import { isNamespaceTerminating } from '../../namespace-terminating.js';
import { PendingWrites } from '../../ownership/pending-writes.js';
import { SERVICE_INDEX } from '../../shared-informers.js';
import { isMirrored, MIRRORED_BY, planMirror } from './plan.js';

/** Repeats Endpoints that somebody made for a Service without selector in EndpointSlices, which is what proxies read. */
export const createEndpointSliceMirroringController: ControllerFactory = (context) => {
  const { client, informers, recorder, clock } = context;
  const serviceInformer = informers.for(services);
  const endpointsInformer = informers.for(endpoints);
  const sliceInformer = informers.for(endpointSlices);
  const pending = new PendingWrites(clock);
  const reconciler = context.createReconciler('EndpointSliceMirroring', reconcile, [
    serviceInformer,
    endpointsInformer,
    sliceInformer,
  ]);
  const { queue } = reconciler;
  serviceInformer.onChange(({ key, trace }) => queue.add(key, trace));
  endpointsInformer.onChange(({ key, trace }) => queue.add(key, trace));
  sliceInformer.onChange(({ type, object, old, trace }) => {
    for (const slice of old ? [object, old] : [object]) {
      const service = slice.metadata.labels?.['kubernetes.io/service-name'];
      if (service === undefined || !isOurs(slice)) continue;
      const key = `${slice.metadata.namespace}/${service}`;
      if (type !== 'modified') pending.seen(key, slice.metadata.uid);
      queue.add(key, trace);
    }
  });

  async function reconcile(key: string, { trace }: ReconcileContext) {
    const existing = sliceInformer.byIndex(SERVICE_INDEX, key).filter(isOurs);
    const present = endpointsInformer.get(key);
    if (present === undefined || !isMirrored(serviceInformer.get(key), present)) {
      pending.seen(key);
      for (const slice of existing) await remove(slice, trace);
      return undefined;
    }
    const waitMs = pending.waitMs(key);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const plan = planMirror(present, existing);
    try {
      for (const slice of plan.update) await client.update(endpointSlices, slice, { trace });
      for (const slice of plan.create) {
        const { metadata } = await client.create(endpointSlices, slice, { trace });
        const sliceKey = `${metadata.namespace}/${metadata.name}`;
        pending.add(key, metadata.uid, () => sliceInformer.get(sliceKey)?.metadata.uid === metadata.uid);
      }
      for (const slice of plan.delete) await remove(slice, trace);
    } catch (error) {
      if (!isApiError(error, 'Conflict', 'ServiceUnavailable') && !isNamespaceTerminating(error)) {
        const message = `Error updating EndpointSlices for Endpoints ${key}: ${messageOf(error)}`;
        recorder.event(present, 'Warning', 'FailedToUpdateEndpointSlices', message, trace);
      }
      throw error;
    }
    return undefined;
  }

  async function remove({ metadata }: Cached<EndpointSlice>, trace: ReconcileContext['trace']): Promise<void> {
    const { namespace = '', name, uid } = metadata;
    await deleteIfPresent(client, endpointSlices, { namespace, name }, { trace, preconditions: { uid } });
  }

  return reconciler;
};

const isOurs = ({ metadata }: Cached<EndpointSlice>): boolean =>
  metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === MIRRORED_BY;
