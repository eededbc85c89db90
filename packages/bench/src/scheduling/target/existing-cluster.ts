import { setTimeout as delay } from 'node:timers/promises';
import type { TlsMaterial } from '@kubelab/runtime';
import type { BenchContext } from '../../bench.js';
import { GRPC_PORT } from '../../cluster/bench-cluster.js';
import { openKubeconfig } from '../../cluster/kubeconfig.js';
import type { RestClient } from '../../cluster/rest-client.js';
import { createSessionClient, type LoadClient } from '../../cluster/session-client.js';
import { runInFlight } from '../../measure/in-flight.js';
import type { LoadProtocol } from '../scheduling-options.js';
import { addPlainNodes, removePlainNodes } from './plain-nodes.js';
import type { SchedulingTarget } from './scheduling-target.js';

export interface ExistingClusterOptions {
  readonly kubeconfig: string;
  readonly inFlight: number;
  readonly schedulerMetricsUrl?: string;
  /** How pods are created and deleted; grpc only where the cluster is kubelab. */
  readonly protocol: LoadProtocol;
}

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
/** A node without news for 40 s is given up. */
const HEARTBEAT_MS = 15_000;

/**
 * A cluster that is there already. Its nodes here are Node objects alone, kept
 * alive by their leases; everything is removed when the bench is over.
 */
export async function openExistingCluster(
  context: BenchContext,
  { kubeconfig, inFlight, schedulerMetricsUrl, protocol }: ExistingClusterOptions,
): Promise<SchedulingTarget> {
  const { client, server, tls } = await openKubeconfig(kubeconfig);
  const load = protocol === 'rest' ? client : openSession(context, server, tls);
  const run = `bench-${process.pid}`;
  const names: string[] = [];
  let heartbeats: Heartbeats | undefined;
  let made = 0;
  const removeNodes = async (): Promise<void> => {
    // First, as a heartbeat on its way would make the lease anew.
    await heartbeats?.stop();
    heartbeats = undefined;
    await removePlainNodes({ client, run });
    const gone = names.splice(0);
    await runInFlight(gone.length, inFlight, (index) =>
      client.delete(`${LEASES}/${gone[index]}`).catch(() => undefined),
    );
  };
  context.defer(async () => client.close());
  context.defer(removeNodes);
  return {
    client,
    load,
    processes: [],
    runsPods: false,
    removeNodes,
    ...(schedulerMetricsUrl ? { schedulerMetricsUrl } : {}),
    defer: context.defer,
    async addNodes(operation) {
      const first = made;
      made += operation.count;
      const nodes = await addPlainNodes(operation, first, {
        client,
        signal: context.signal,
        run,
        inFlight,
        podCidrs: false,
      });
      names.push(...nodes.map(({ name }) => name));
      heartbeats ??= startHeartbeats(client, names, inFlight);
      return nodes;
    },
  };
}

/** The apiserver of kubelab serves gRPC beside its REST. */
function openSession(context: BenchContext, server: string, tls: TlsMaterial | undefined): LoadClient {
  if (!tls) throw new Error('--protocol grpc needs a client certificate, a key and an authority in the kubeconfig');
  const session = createSessionClient(`${new URL(server).hostname}:${GRPC_PORT}`, tls);
  context.defer(async () => session.close());
  return session;
}

interface Heartbeats {
  stop(): Promise<void>;
}

/** Renews the leases of the nodes, of which there may be more and more, until it is stopped. */
function startHeartbeats(client: RestClient, names: readonly string[], inFlight: number): Heartbeats {
  const stop = new AbortController();
  const known = new Set<string>();
  const beat = async (name: string): Promise<void> => {
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
    const contentType = 'application/merge-patch+json';
    if (known.has(name)) {
      await client.send({ method: 'PATCH', path: `${LEASES}/${name}`, contentType, body: JSON.stringify({ spec }) });
      return;
    }
    const metadata = { name, namespace: 'kube-node-lease' };
    await client.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
    known.add(name);
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // One that is missed is renewed the next time.
      await runInFlight(names.length, Math.min(inFlight, 8), (index) =>
        beat(names[index] ?? '').catch(() => undefined),
      );
      await delay(names.length === known.size ? HEARTBEAT_MS : 1_000, undefined, { signal: stop.signal }).catch(
        () => undefined,
      );
    }
  };
  const running = run();
  return {
    async stop() {
      stop.abort();
      await running;
    },
  };
}
