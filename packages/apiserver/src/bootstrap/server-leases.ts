import { isApiError, type Lease, leases, type Persisted } from '@kubelab/api';
import { deleteObject } from '../registry/delete.js';
import type { Registry } from '../registry/registry.js';
import { ensureState, ownContext } from './ensure-object.js';

/** Where a server is reached. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

const NAMESPACE = 'kube-system';
const LABELS = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' };
/** A server that has not said for this long that it is there is taken for gone. */
const LEASE_SECONDS = 30;

/** Says that a server is there, for the next 30 seconds. */
export async function renewServerLease(
  registry: Registry,
  server: ServerAddress,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const lease: Lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: leaseName(server), namespace: NAMESPACE, labels: LABELS },
    spec: {
      holderIdentity: `${server.address}:${server.port}`,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: `${new Date(nowMs).toISOString().slice(0, -1)}000Z`,
    },
  };
  await ensureState(registry.scope(leases), lease, signal);
}

/** A server that stops says so, and is not waited for. */
export async function dropServerLease(registry: Registry, server: ServerAddress, signal: AbortSignal): Promise<void> {
  try {
    const key = { namespace: NAMESPACE, name: leaseName(server) };
    await deleteObject(registry.scope(leases), key, {}, ownContext(signal));
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

/** Every server whose lease has not run out, in the order of their addresses; the others' leases are removed. */
export async function liveServers(registry: Registry, nowMs: number, signal: AbortSignal): Promise<ServerAddress[]> {
  const page = await registry.list(
    leases as never,
    {
      namespace: NAMESPACE,
      labelSelector: Object.entries(LABELS)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
      fieldSelector: '',
      limit: 0,
      continueToken: '',
      resourceVersion: '',
      resourceVersionMatch: '',
    },
    ownContext(signal),
  );
  const servers = page.items.map(({ object }) => ({ lease: object as Persisted<Lease>, server: serverOf(object) }));
  const live = servers.filter(({ lease, server }) => server !== undefined && endOf(lease) > nowMs);
  for (const { lease, server } of servers) {
    // Long gone: kept for a while, as another machine's clock may be behind.
    if (server && endOf(lease) + 10 * LEASE_SECONDS * 1000 < nowMs) await dropServerLease(registry, server, signal);
  }
  return live
    .flatMap(({ server }) => server ?? [])
    .sort((left, right) => left.address.localeCompare(right.address) || left.port - right.port);
}

function leaseName({ address, port }: ServerAddress): string {
  return `apiserver-${address.replaceAll(':', '-').replaceAll('.', '-')}-${port}`;
}

function serverOf({ spec }: Lease): ServerAddress | undefined {
  const holder = spec?.holderIdentity ?? '';
  const colon = holder.lastIndexOf(':');
  const port = Number(holder.slice(colon + 1));
  return colon > 0 && port > 0 ? { address: holder.slice(0, colon), port } : undefined;
}

function endOf({ spec }: Lease): number {
  return Date.parse(spec?.renewTime ?? '') + (spec?.leaseDurationSeconds ?? 0) * 1000;
}
