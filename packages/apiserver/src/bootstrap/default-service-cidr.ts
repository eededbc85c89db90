import { type Persisted, type ServiceCIDR, serviceCidrs } from '@kubelab/api';
import { timestamp } from '../registry/metadata.js';
import { prepareForUpdate } from '../registry/prepare.js';
import type { Registry } from '../registry/registry.js';
import { transform } from '../registry/transform.js';
import { ensureExists, ownContext } from './ensure-object.js';

const KEY = { namespace: '', name: 'kubernetes' };

/**
 * Makes the ServiceCIDR `kubernetes` and says that it is ready. One that names
 * another network than the flag is left as it is: addresses of it are in use.
 */
export async function ensureDefaultServiceCidr(registry: Registry, cidr: string, signal: AbortSignal): Promise<void> {
  const scope = registry.scope(serviceCidrs);
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: KEY.name },
    spec: { cidrs: [cidr] },
  };
  await ensureExists(scope, object, signal);
  const stored = await scope.storage.get(KEY, signal);
  if (stored === undefined || !lacksReady(stored.object) || !stored.object.spec?.cidrs?.includes(cidr)) return;
  const context = ownContext(signal);
  await transform(scope, {
    key: KEY,
    expectedVersion: '',
    dryRun: false,
    context,
    change: (old) => {
      const next = lacksReady(old) ? withReady(old, scope.nowMs()) : structuredClone(old);
      return prepareForUpdate(scope, next, old, { key: KEY, subresource: 'status', dryRun: false, context });
    },
  });
}

/** One that is going says so itself. */
function lacksReady({ metadata, status }: Persisted<ServiceCIDR>): boolean {
  const isReady = status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;
  return metadata.deletionTimestamp === undefined && !isReady;
}

function withReady(old: Persisted<ServiceCIDR>, nowMs: number): ServiceCIDR {
  const others = old.status?.conditions?.filter(({ type }) => type !== 'Ready') ?? [];
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
    lastTransitionTime: timestamp(nowMs),
  };
  return { ...structuredClone(old), status: { ...old.status, conditions: [...others, ready] } };
}
