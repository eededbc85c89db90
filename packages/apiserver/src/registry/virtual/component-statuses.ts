import {
  type ComponentStatus,
  componentStatuses,
  type KubernetesObject,
  leases,
  notFound,
  type Persisted,
  type ResourceType,
} from '@kubelab/api';
import type { Storage, StoredObject } from '../../storage/storage.js';
import { encodeAnswer, type RequestContext } from '../request.js';
import { selectionOf } from '../selection.js';
import type { VirtualResource } from './virtual-resource.js';

const DEPRECATED = 'v1 ComponentStatus is deprecated in v1.19+';
/** The components of which one instance leads, and the leases by which it does. */
const LED = { scheduler: 'kube-scheduler', 'controller-manager': 'kube-controller-manager' } as const;
const LEASE_NAMESPACE = 'kube-system';

interface Health {
  readonly message: string;
  readonly error: string;
}

/**
 * The scheduler, the controller manager and etcd. Components have no address
 * that is known here: one is healthy while an instance of it renews its lease.
 */
export function componentStatusResource(storage: Storage, nowMs: () => number = Date.now): VirtualResource {
  const stored = storage.forResource(leases);

  async function leader(lease: string): Promise<Health> {
    const { spec } = (await stored.get({ namespace: LEASE_NAMESPACE, name: lease }))?.object ?? {};
    const endMs = Date.parse(spec?.renewTime ?? '') + (spec?.leaseDurationSeconds ?? 0) * 1000;
    if (endMs > nowMs()) return { message: 'ok', error: '' };
    return { message: `nobody holds the lease ${LEASE_NAMESPACE}/${lease}`, error: '' };
  }

  const probes: Readonly<Record<string, () => Promise<Health>>> = {
    scheduler: () => leader(LED.scheduler),
    'controller-manager': () => leader(LED['controller-manager']),
    'etcd-0': async () => {
      try {
        await storage.checkHealth();
        return { message: 'ok', error: '' };
      } catch (error) {
        return { message: '', error: (error as Error).message };
      }
    },
  };

  async function statusOf(name: string, probe: () => Promise<Health>): Promise<ComponentStatus> {
    const { message, error } = await probe();
    const status = message === 'ok' ? 'True' : 'False';
    const condition = { type: 'Healthy', status, message, ...(error === '' ? {} : { error }) };
    return { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions: [condition] };
  }

  return {
    resource: componentStatuses as unknown as ResourceType,
    async get({ name }) {
      const probe = Object.hasOwn(probes, name) ? probes[name] : undefined;
      if (probe === undefined) throw notFound(componentStatuses, name);
      return encodeAnswer(await statusOf(name, probe));
    },
    async list(options, context: RequestContext) {
      context.warn(DEPRECATED);
      const matches = selectionOf(componentStatuses, options);
      const all = await Promise.all(Object.entries(probes).map(([name, probe]) => statusOf(name, probe)));
      const items = all.map(asStored).filter((stored) => matches?.(stored) ?? true);
      return { items, version: '', continueToken: '', remainingItemCount: undefined };
    },
  };
}

function asStored(status: ComponentStatus): StoredObject {
  const object = status as Persisted;
  const { encoded } = encodeAnswer<KubernetesObject>(status);
  const key = { namespace: '', name: object.metadata.name };
  return { key, object, facts: (read) => read(object), encoded, version: '', trace: undefined };
}
