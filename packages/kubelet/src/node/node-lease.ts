import { isApiError, type Lease, leases, type Persisted } from '@kubelab/api';
import type { ApiClient } from '@kubelab/client';
import { type Clock, sleep } from '@kubelab/runtime';
import type { Logger } from 'pino';

const NAMESPACE = 'kube-node-lease';
const DURATION_SECONDS = 40;
const RENEW_INTERVAL_MS = 10_000;
const RETRY_INTERVAL_MS = 1_000;

export interface NodeLeaseOptions {
  readonly client: Pick<ApiClient, 'get' | 'create' | 'update'>;
  readonly nodeName: string;
  /** Undefined until the node is registered. */
  readonly nodeUid: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Renews the node's Lease every 10 s until the signal aborts: the heartbeat that the node lifecycle controller listens to. */
export async function runNodeLease(options: NodeLeaseOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  let lease: Persisted<Lease> | undefined;
  while (!signal.aborted) {
    let delayMs = RENEW_INTERVAL_MS;
    try {
      lease = await renew(options, lease, signal);
    } catch (error) {
      if (signal.aborted) return;
      // What is held may be out of date, or gone: read it again.
      lease = undefined;
      delayMs = RETRY_INTERVAL_MS;
      log.warn({ error }, 'cannot renew the lease of the node');
    }
    await sleep(delayMs, signal, clock).catch(() => undefined);
  }
}

async function renew(
  options: NodeLeaseOptions,
  held: Persisted<Lease> | undefined,
  signal: AbortSignal,
): Promise<Persisted<Lease>> {
  const { client, nodeName, clock } = options;
  const key = { namespace: NAMESPACE, name: nodeName };
  const present = held ?? (await getLease(client, key, signal));
  const spec = {
    holderIdentity: nodeName,
    leaseDurationSeconds: DURATION_SECONDS,
    renewTime: microTime(clock.now()),
  };
  if (!present) {
    return client.create(leases, { metadata: { ...key, ...ownedBy(options) }, spec }, { signal });
  }
  const metadata = { ...present.metadata, ...ownedBy(options) };
  return client.update(leases, { ...present, metadata, spec: { ...present.spec, ...spec } }, { signal });
}

async function getLease(
  client: Pick<ApiClient, 'get'>,
  key: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Persisted<Lease> | undefined> {
  try {
    return await client.get(leases, key, { signal });
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** The lease goes with its node. */
function ownedBy({ nodeName, nodeUid }: NodeLeaseOptions): Pick<NonNullable<Lease['metadata']>, 'ownerReferences'> {
  const uid = nodeUid();
  return uid === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }] };
}

/** Kubernetes' MicroTime. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/Z$/, '000Z');
}
