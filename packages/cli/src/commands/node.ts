import { rm } from 'node:fs/promises';
import { CLUSTER_LABEL, type Cluster, type ClusterNode, NODE_LABEL, writeCluster } from '../cluster/cluster.js';
import { nodePaths } from '../cluster/cluster-paths.js';
import { withClusterLock } from '../cluster/lock.js';
import { freeNodeAddresses, freeNodeNames } from '../cluster/node-addresses.js';
import { prepareCertificates } from '../cluster/prepare-cluster.js';
import { createRestClient } from '../cluster/rest-client.js';
import { type Engine, EngineError } from '../engine/engine.js';
import { ensureSupervisor } from '../supervisor/start-supervisor.js';
import { type CommandContext, CommandError, openContext, requireCluster, say } from './command-context.js';
import { removeContainers } from './down.js';
import { openProgress } from './progress.js';
import { untilNodesReady } from './ready-nodes.js';

export interface NodeOptions {
  readonly name: string;
  readonly stateDir?: string;
}

const READY_LIMIT_MS = 60_000;

/** Adds a node, named or by the next free name, and waits until it is Ready. */
export async function nodeAdd(options: NodeOptions, wantedName: string | undefined): Promise<void> {
  await changeCluster(options, async (context, cluster) => {
    const [freeName = ''] = freeNodeNames(cluster.nodes, 1);
    const name = wantedName ?? freeName;
    if (!/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(name)) throw new CommandError(`"${name}" is not a node's name`);
    if (cluster.nodes.some((node) => node.name === name)) throw new CommandError(`there is a node ${name} already`);
    const [address = ''] = freeNodeAddresses(cluster.network, cluster.nodes, 1);
    const grown = { ...cluster, nodes: [...cluster.nodes, { name, address, stopped: false }] };
    await prepareCertificates(context.paths, grown);
    await takeUp(context, grown);
    await untilReady(context, grown, name);
    say(`node ${name} is Ready at ${address}`);
  });
}

/** Switches a node off as a power cut would: its agents and containers are gone at once, and nobody is told. */
export async function nodeStop(options: NodeOptions, name: string): Promise<void> {
  await changeCluster(options, async (context, cluster) => {
    requireNode(cluster, name);
    await takeUp(context, withNode(cluster, name, { stopped: true }));
    await killContainers(context.engine, cluster.name, name);
    say(`node ${name} is off`);
  });
}

/** Switches a node on again and waits until it is Ready. */
export async function nodeStart(options: NodeOptions, name: string): Promise<void> {
  await changeCluster(options, async (context, cluster) => {
    const node = requireNode(cluster, name);
    await takeUp(context, withNode(cluster, name, { stopped: false }));
    await untilReady(context, cluster, name);
    say(`node ${name} is Ready at ${node.address}`);
  });
}

/** Takes a node away for good: its agents, its containers, its files, and its Node object. */
export async function nodeRemove(options: NodeOptions, name: string): Promise<void> {
  await changeCluster(options, async (context, cluster) => {
    requireNode(cluster, name);
    await takeUp(context, { ...cluster, nodes: cluster.nodes.filter((node) => node.name !== name) });
    await removeContainers(context.engine, cluster.name, name);
    await rm(nodePaths(context.paths, name).dir, { recursive: true, force: true });
    const client = await createRestClient(cluster, context.paths);
    await client.delete(`/api/v1/nodes/${name}`);
    say(`node ${name} is removed`);
  });
}

/** Does work on a cluster that nobody else changes meanwhile. */
export async function changeCluster(
  options: NodeOptions,
  work: (context: CommandContext, cluster: Cluster) => Promise<void>,
): Promise<void> {
  const context = await openContext(options);
  await requireCluster(context, options);
  await withClusterLock(context.paths, async () => work(context, await requireCluster(context, options)));
}

/** Writes what the cluster is to be, and has the supervisor make it so. */
export async function takeUp(context: CommandContext, cluster: Cluster): Promise<void> {
  await writeCluster(context.paths, cluster);
  await ensureSupervisor(context.paths, context.binDir);
}

async function untilReady(context: CommandContext, cluster: Cluster, name: string): Promise<void> {
  const { progress } = await openProgress(context.paths);
  try {
    await progress.ready(({ node }) => node === name, READY_LIMIT_MS);
    await untilNodesReady(await createRestClient(cluster, context.paths), [name], READY_LIMIT_MS);
  } finally {
    await progress.close();
  }
}

function requireNode(cluster: Cluster, name: string): ClusterNode {
  const node = cluster.nodes.find((candidate) => candidate.name === name);
  if (node) return node;
  const names = cluster.nodes.map((candidate) => candidate.name).join(', ');
  const hollow = cluster.hollow ? ', and hollow nodes, which are removed together: `node remove --hollow`' : '';
  throw new CommandError(`there is no node ${name}; there are ${names}${hollow}`);
}

function withNode(cluster: Cluster, name: string, changed: Partial<ClusterNode>): Cluster {
  return { ...cluster, nodes: cluster.nodes.map((node) => (node.name === name ? { ...node, ...changed } : node)) };
}

async function killContainers(engine: Engine, cluster: string, node: string): Promise<void> {
  const containers = await engine.containers([`${CLUSTER_LABEL}=${cluster}`, `${NODE_LABEL}=${node}`]);
  const running = containers.filter(({ State }) => State === 'running' || State === 'paused');
  await Promise.all(
    running.map(async ({ Id }) =>
      engine.post(`/containers/${Id}/kill`).catch((error: unknown) => {
        // It ended by itself meanwhile.
        if (!(error instanceof EngineError && (error.status === 404 || error.status === 409))) throw error;
      }),
    ),
  );
}
