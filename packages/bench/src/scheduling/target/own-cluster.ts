import { resolve } from 'node:path';
import type { Node } from '@kubelab/api';
import type { BenchContext } from '../../bench.js';
import { type BenchCluster, GRPC_PORT } from '../../cluster/bench-cluster.js';
import { createSessionClient, type LoadClient } from '../../cluster/session-client.js';
import { runInFlight } from '../../measure/in-flight.js';
import type { LoadProtocol } from '../scheduling-options.js';
import type { CreateNodes } from '../workload/workload.js';
import { checkSchedulerConfig } from './check-scheduler-config.js';
import { addPlainNodes, RUN_LABEL, removePlainNodes, targetNode } from './plain-nodes.js';
import type { SchedulingTarget, TargetNode } from './scheduling-target.js';

export interface OwnClusterOptions {
  readonly inFlight: number;
  /** Nodes are hollow ones, with kubelets. */
  readonly hollow: boolean;
  /** How pods are created and deleted. */
  readonly protocol: LoadProtocol;
  /** The same behaviour of hollow nodes for the same seed. */
  readonly seed: string;
  /** A KubeSchedulerConfiguration. */
  readonly schedulerConfig?: string;
}

const HOLLOW_SIZE = ['--hollow-cpu', '4', '--hollow-memory', '32Gi', '--hollow-pods', '110'];
/** Plain nodes have no kubelet that says that it is alive. */
const NO_HEARTBEATS = 'controller-manager.node-monitor-grace-period=24h';

/** A cluster of the bench's own, gone when it is over. Its one real node is cordoned and switched off: it would take CPU. */
export async function startOwnCluster(context: BenchContext, options: OwnClusterOptions): Promise<SchedulingTarget> {
  const { schedulerConfig } = options;
  const extraConfig = [NO_HEARTBEATS];
  if (schedulerConfig !== undefined) {
    await checkSchedulerConfig(schedulerConfig, context.signal);
    extraConfig.push(`scheduler.config=${resolve(schedulerConfig)}`);
  }
  const cluster = await context.startCluster({ nodes: 1, extraConfig });
  for (const { name } of cluster.nodes) {
    await patchNode(cluster, name, { spec: { unschedulable: true } });
    await context.kubelab(['node', 'stop', '--name', cluster.name, name]);
  }
  const processes = [...(await cluster.processes())];
  const scheduler = processes.find(({ component }) => component === 'scheduler');
  let made = 0;
  const load = loadClient(context, options.protocol, cluster);
  return {
    client: cluster.client,
    load,
    processes,
    runsPods: options.hollow,
    ...(scheduler ? { schedulerMetricsUrl: `http://${scheduler.address}/metrics` } : {}),
    defer: context.defer,
    async removeNodes() {
      const { client, name } = cluster;
      if (options.hollow) await context.kubelab(['node', 'remove', '--name', name, '--hollow']);
      else await removePlainNodes({ client, run: name });
    },
    async addNodes(operation) {
      if (options.hollow) {
        const nodes = await addHollowNodes(context, cluster, operation, options);
        processes.splice(0, processes.length, ...(await cluster.processes()));
        return nodes;
      }
      const first = made;
      made += operation.count;
      const { client, name } = cluster;
      return addPlainNodes(operation, first, {
        client,
        signal: context.signal,
        run: name,
        inFlight: options.inFlight,
        podCidrs: true,
      });
    },
  };
}

function loadClient(context: BenchContext, protocol: LoadProtocol, cluster: BenchCluster): LoadClient {
  if (protocol === 'rest') return cluster.client;
  const session = createSessionClient(`${cluster.gateway}:${GRPC_PORT}`, cluster.adminTls);
  context.defer(async () => session.close());
  return session;
}

async function addHollowNodes(
  context: BenchContext,
  cluster: BenchCluster,
  { count, label, template, templates }: CreateNodes,
  { seed, inFlight }: OwnClusterOptions,
): Promise<readonly TargetNode[]> {
  if (template ?? templates) throw new Error('hollow nodes cannot be made from templates: leave --hollow away');
  const list = async (): Promise<Node[]> =>
    (await cluster.client.get<{ items: Node[] }>('/api/v1/nodes?labelSelector=kubelab.io%2Fhollow%3Dtrue')).items;
  const before = new Set((await list()).map(({ metadata }) => metadata?.name));
  context.say(`adding ${count} hollow nodes`);
  await context.kubelab([
    'node',
    'add',
    '--name',
    cluster.name,
    '--hollow',
    String(count),
    ...HOLLOW_SIZE,
    '--hollow-seed',
    seed,
  ]);
  const nodes = (await list()).filter(({ metadata }) => !before.has(metadata?.name));
  await runInFlight(nodes.length, inFlight, async (index) => {
    const value = label?.values[index % label.values.length];
    const labels = { [RUN_LABEL]: cluster.name, ...(label && value !== undefined ? { [label.key]: value } : {}) };
    await patchNode(cluster, nodes[index]?.metadata?.name ?? '', { metadata: { labels } });
  });
  return nodes.map(targetNode);
}

async function patchNode({ client }: BenchCluster, name: string, patch: object): Promise<void> {
  const contentType = 'application/merge-patch+json';
  await client.send({ method: 'PATCH', path: `/api/v1/nodes/${name}`, contentType, body: JSON.stringify(patch) });
}
