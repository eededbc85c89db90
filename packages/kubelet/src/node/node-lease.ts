import { isApiError, type Lease, leases, type Persisted } from '@kubelab/api';
import type { ApiClient } from '@kubelab/client';
import { type Clock, sleep } from '@kubelab/runtime';
import type { Logger } from 'pino';

const NAMESPACE = 'kube-node-lease';
const DURATION_SECONDS = 40;
const RENEW_INTERVAL_MS = 10_000;
const RETRY_INTERVAL_MS = 1_000;
/** As Kubernetes' kubelets: one that is lost must not keep the next from its time. */
const TIMEOUT_MS = 10_000;

export interface NodeLeaseOptions {
  readonly client: Pick<ApiClient, 'get' | 'create' | 'update'>;
  readonly nodeName: string;
  /** Undefined until the node is registered. */
  readonly nodeUid: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a lease says of its node besides the time. */
export interface LeaseHolder {
  readonly nodeName: string;
  /** The lease goes with its node; undefined: not registered yet. */
  readonly nodeUid: string | undefined;
  readonly durationSeconds: number;
}

/** Renews the node's Lease every 10 s until the signal aborts: the heartbeat that the node lifecycle controller listens to. */
export async function runNodeLease(options: NodeLeaseOptions, signal: AbortSignal): Promise<void> {
  const { client, nodeName, nodeUid, clock, log } = options;
  let lease: Persisted<Lease> | undefined;
  while (!signal.aborted) {
    let delayMs = RENEW_INTERVAL_MS;
    try {
      const holder = { nodeName, nodeUid: nodeUid(), durationSeconds: DURATION_SECONDS };
      lease = await renewLease(client, holder, lease, clock.now(), signal);
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

/** One renewal; `held` is what the last one answered, undefined to read it. Rejects with an ApiError. */
export async function renewLease(
  client: Pick<ApiClient, 'get' | 'create' | 'update'>,
  { nodeName, nodeUid, durationSeconds }: LeaseHolder,
  held: Persisted<Lease> | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<Persisted<Lease>> {
  const key = { namespace: NAMESPACE, name: nodeName };
  const present = held ?? (await getLease(client, key, signal));
  const spec = {
    holderIdentity: nodeName,
    leaseDurationSeconds: durationSeconds,
    renewTime: microTime(nowMs),
  };
  const owner = ownedBy(nodeName, nodeUid);
  const options = { signal, timeoutMs: TIMEOUT_MS };
  if (!present) return client.create(leases, { metadata: { ...key, ...owner }, spec }, options);
  const metadata = { ...present.metadata, ...owner };
  return client.update(leases, { ...present, metadata, spec: { ...present.spec, ...spec } }, options);
}

async function getLease(
  client: Pick<ApiClient, 'get'>,
  key: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Persisted<Lease> | undefined> {
  try {
    return await client.get(leases, key, { signal, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** The lease goes with its node. */
function ownedBy(nodeName: string, uid: string | undefined): Pick<NonNullable<Lease['metadata']>, 'ownerReferences'> {
  return uid === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }] };
}

/** Kubernetes' MicroTime. */
function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/Z$/, '000Z');
}
