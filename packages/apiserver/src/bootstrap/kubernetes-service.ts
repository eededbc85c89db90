import {
  type EndpointSlice,
  type Endpoints,
  endpointSlices,
  endpoints,
  isApiError,
  type Service,
  services,
} from '@kubelab/api';
import { deleteObject } from '../registry/delete.js';
import type { IpRange } from '../registry/ranges/ip-range.js';
import type { Registry } from '../registry/registry.js';
import { ensureExists, ensureState, ownContext } from './ensure-object.js';
import { dropServerLease, liveServers, renewServerLease, type ServerAddress } from './server-leases.js';

const KEY = { namespace: 'default', name: 'kubernetes' };
const LABELS = { component: 'apiserver', provider: 'kubernetes' };
const SERVICE_PORT = 443;
const PORT_NAME = 'https';

export interface KubernetesService {
  /** Says that this server is there, and makes Service, Endpoints and EndpointSlice name every server that is. */
  reconcile(signal: AbortSignal): Promise<void>;
  /** Takes this server out. */
  withdraw(signal: AbortSignal): Promise<void>;
}

/** The `kubernetes` Service in `default`: how pods reach the API. */
export function kubernetesService(registry: Registry, ips: IpRange, self: ServerAddress): KubernetesService {
  async function publish(signal: AbortSignal): Promise<void> {
    const byPort = groupByPort(await liveServers(registry, Date.now(), signal));
    await ensureExists(registry.scope(services), serviceAt(ips.addressOf(1), self.port), signal);
    await ensureState(registry.scope(endpoints), endpointsOf(byPort), signal);
    const slices = slicesOf(byPort);
    for (const slice of slices) await ensureState(registry.scope(endpointSlices), slice, signal);
    await removeOtherSlices(registry, new Set(slices.map(({ metadata }) => metadata?.name ?? '')), signal);
  }
  return {
    async reconcile(signal) {
      await renewServerLease(registry, self, Date.now(), signal);
      await publish(signal);
    },
    async withdraw(signal) {
      await dropServerLease(registry, self, signal);
      await publish(signal);
    },
  };
}

/** Port → addresses; servers of one machine differ in their ports. No pod reaches a loopback address, so those are left out. */
function groupByPort(servers: readonly ServerAddress[]): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  const reachable = servers.filter(({ address }) => !address.startsWith('127.') && address !== '::1');
  for (const { address, port } of reachable) groups.set(port, [...(groups.get(port) ?? []), address]);
  return new Map([...groups].sort(([left], [right]) => left - right));
}

function serviceAt(clusterIP: string, targetPort: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...KEY, labels: LABELS },
    spec: {
      type: 'ClusterIP',
      clusterIP,
      ports: [{ name: PORT_NAME, port: SERVICE_PORT, protocol: 'TCP', targetPort }],
    },
  };
}

function endpointsOf(byPort: ReadonlyMap<number, string[]>): Endpoints {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...KEY, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [...byPort].map(([port, addresses]) => ({
      addresses: addresses.map((ip) => ({ ip })),
      ports: [{ name: PORT_NAME, port, protocol: 'TCP' }],
    })),
  };
}

/** One slice a port, as a slice's ports are those of all its endpoints. */
function slicesOf(byPort: ReadonlyMap<number, string[]>): EndpointSlice[] {
  return [...byPort].map(([port, addresses], index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: KEY.namespace,
      name: index === 0 ? KEY.name : `${KEY.name}-${port}`,
      labels: { 'kubernetes.io/service-name': KEY.name },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: PORT_NAME, port, protocol: 'TCP' }],
  }));
}

async function removeOtherSlices(registry: Registry, wanted: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  const scope = registry.scope(endpointSlices);
  const page = await registry.list(
    endpointSlices as never,
    {
      namespace: KEY.namespace,
      labelSelector: `kubernetes.io/service-name=${KEY.name}`,
      fieldSelector: '',
      limit: 0,
      continueToken: '',
      resourceVersion: '',
      resourceVersionMatch: '',
    },
    ownContext(signal),
  );
  for (const { key } of page.items.filter((item) => !wanted.has(item.key.name))) {
    try {
      await deleteObject(scope, key, {}, ownContext(signal));
    } catch (error) {
      // Another server was faster.
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
}
