import type { Cluster } from '../cluster/cluster.js';
import { prepareCertificates } from '../cluster/prepare-cluster.js';
import { createRestClient } from '../cluster/rest-client.js';
import type { CommandContext } from './command-context.js';
import { CommandError, say } from './command-context.js';
import { checkHollowNodes } from './hollow-options.js';
import { changeCluster, type NodeOptions, takeUp } from './node.js';
import { openProgress } from './progress.js';

/** Every hollow node has this label. */
const SELECTOR = encodeURIComponent('kubelab.io/hollow=true');
const READY_LIMIT_MS = 60_000;
/** And so much for each node that is to be registered. */
const READY_LIMIT_MS_A_NODE = 40;

/** Adds hollow nodes to those that there are; settings replace those of before, for all of them. */
export async function hollowAdd(
  options: NodeOptions,
  count: number,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await changeCluster(options, async (context, cluster) => {
    const before = cluster.hollow ?? { count: 0, settings: {} };
    const hollow = { count: before.count + count, settings: { ...before.settings, ...settings } };
    await checkHollowNodes(hollow, context.binDir);
    const grown = { ...cluster, hollow };
    await prepareCertificates(context.paths, grown);
    await takeUp(context, grown);
    await untilHollowReady(context, hollow.count);
    say(`${hollow.count} hollow nodes are Ready`);
  });
}

/** Takes all hollow nodes away: their process, then their Node objects. */
export async function hollowRemove(options: NodeOptions): Promise<void> {
  await changeCluster(options, async (context, cluster) => {
    if (!cluster.hollow) throw new CommandError('there are no hollow nodes');
    const { hollow, ...rest } = cluster;
    await takeUp(context, rest);
    await deleteHollowNodes(context, cluster);
    say(`${hollow.count} hollow nodes are removed`);
  });
}

/** Resolves once the process has registered its nodes, each of which was Ready then. */
export async function untilHollowReady(context: CommandContext, count: number): Promise<void> {
  const { progress } = await openProgress(context.paths);
  try {
    await progress.ready(({ component }) => component === 'hollow', READY_LIMIT_MS + count * READY_LIMIT_MS_A_NODE);
  } finally {
    await progress.close();
  }
}

async function deleteHollowNodes(context: CommandContext, cluster: Cluster): Promise<void> {
  const client = await createRestClient(cluster, context.paths);
  await client.delete(`/api/v1/nodes?labelSelector=${SELECTOR}`);
}
