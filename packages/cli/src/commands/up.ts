import { Listr, type ListrTask, PRESET_TIMER } from 'listr2';
import { type Cluster, type ExternalEtcd, type HollowNodes, type ProxyMode, readCluster } from '../cluster/cluster.js';
import { checkExternalEtcd } from '../cluster/external-etcd.js';
import { withClusterLock } from '../cluster/lock.js';
import { ensureAuthorities } from '../cluster/pki.js';
import { prepareCertificates, prepareCluster } from '../cluster/prepare-cluster.js';
import { missingRequirements } from '../cluster/requirements.js';
import { createRestClient } from '../cluster/rest-client.js';
import { apiserverUrl } from '../processes/process-plan.js';
import type { Snapshot } from '../supervisor/snapshot.js';
import { ensureSupervisor, findSupervisor } from '../supervisor/start-supervisor.js';
import { type CommandContext, CommandError, openContext, say } from './command-context.js';
import { ensurePauseImage } from './ensure-pause-image.js';
import { untilHollowReady } from './hollow-nodes.js';
import { checkHollowNodes } from './hollow-options.js';
import { openProgress, type Progress } from './progress.js';
import { untilNodesReady } from './ready-nodes.js';

export interface UpOptions {
  readonly name: string;
  readonly stateDir?: string;
  readonly nodes?: number;
  readonly proxyMode?: ProxyMode;
  readonly externalEtcd?: ExternalEtcd;
  readonly extraFlags?: Readonly<Record<string, readonly string[]>>;
  readonly hollow?: HollowNodes;
}

const READY_LIMIT_MS = 120_000;

/** What the steps hand on to each other. */
interface UpState {
  cluster?: Cluster;
  progress?: Progress;
  first?: Snapshot;
}

/**
 * Brings the cluster up, and what is missing of one that is up already. Every
 * step looks at what is there, so that it can be run again after anything.
 */
export async function up(options: UpOptions): Promise<void> {
  const context = await openContext(options);
  await checkRequirements(context, options);
  if (options.externalEtcd) {
    await checkExternalEtcd(options.externalEtcd).catch((error: Error) => {
      throw new CommandError(`the etcd of --etcd-servers cannot be used: ${error.message}`);
    });
  }
  if (options.hollow) await checkHollowNodes(options.hollow, context.binDir);
  await withClusterLock(context.paths, async () => {
    const wasRunning = findSupervisor(context.paths) !== undefined;
    const state: UpState = {};
    try {
      await prepare(context, options).run(state);
      await waitForAll(context, state).run(state);
    } finally {
      await state.progress?.close();
    }
    summarize(context, state.cluster, wasRunning && allReady(state.first));
  });
}

async function checkRequirements(context: CommandContext, options: UpOptions): Promise<void> {
  const present = await readCluster(context.paths).catch(() => undefined);
  const missing = await missingRequirements(context.engine, {
    proxyMode: options.proxyMode ?? present?.proxyMode ?? 'nftables',
    ownEtcd: (options.externalEtcd ?? present?.externalEtcd) === undefined,
  });
  if (missing.length > 0) {
    const lines = missing.map((line) => `  - ${line}`).join('\n');
    throw new CommandError(`this machine cannot run a cluster yet (\`npm start\` sets it up):\n${lines}`);
  }
}

function steps(tasks: ListrTask<UpState>[], concurrent: boolean): Listr<UpState> {
  return new Listr<UpState>(tasks, {
    concurrent,
    rendererOptions: { timer: PRESET_TIMER, collapseSubtasks: false },
    fallbackRendererOptions: { timer: PRESET_TIMER },
  });
}

function prepare(context: CommandContext, options: UpOptions): Listr<UpState> {
  const { engine, paths, binDir } = context;
  return steps(
    [
      {
        title: 'network and state',
        task: async (state) => {
          await ensurePauseImage(engine, binDir);
          // While the engine makes the network, there is time for what does not depend on it.
          const [cluster] = await Promise.all([
            prepareCluster(engine, paths, options),
            ensureAuthorities(paths.pkiDir),
          ]);
          state.cluster = cluster;
        },
      },
      {
        title: 'certificates',
        task: async (state) => {
          if (state.cluster) await prepareCertificates(paths, state.cluster);
        },
      },
      {
        title: 'supervisor',
        task: async (state) => {
          await ensureSupervisor(paths, binDir);
          Object.assign(state, await openProgress(paths));
        },
      },
    ],
    false,
  );
}

function waitForAll(context: CommandContext, state: UpState): Listr<UpState> {
  const ofNoNode = (state.first?.processes ?? []).filter(({ node }) => node === undefined);
  const controlPlane = ofNoNode.filter(({ component }) => component !== 'hollow');
  const { hollow } = state.cluster ?? {};
  const nodes = (state.cluster?.nodes ?? []).filter((node) => !node.stopped);
  return steps(
    [
      ...controlPlane.map(({ name }) => waitFor(name, state, (process) => process.name === name)),
      ...nodes.map(({ name, address }) => waitFor(`${name} (${address})`, state, (process) => process.node === name)),
      ...(hollow ? [waitForHollow(context, hollow.count)] : []),
      {
        title: 'nodes Ready',
        task: async () => {
          if (!state.cluster || !state.progress) return;
          await state.progress.ready(({ component }) => component === 'apiserver', READY_LIMIT_MS);
          const client = await createRestClient(state.cluster, context.paths);
          const names = nodes.map(({ name }) => name);
          await untilNodesReady(client, names, READY_LIMIT_MS);
        },
      },
    ],
    true,
  );
}

function waitForHollow(context: CommandContext, count: number): ListrTask<UpState> {
  return { title: `${count} hollow nodes`, task: () => untilHollowReady(context, count) };
}

function waitFor(title: string, state: UpState, wanted: Parameters<Progress['ready']>[0]): ListrTask<UpState> {
  return {
    title,
    task: async (_state, task) => {
      await state.progress?.ready(wanted, READY_LIMIT_MS, (message) => {
        if (process.stdout.isTTY) task.output = message;
      });
    },
  };
}

function allReady(snapshot: Snapshot | undefined): boolean {
  return snapshot?.processes.every(({ state }) => state === 'ready') ?? false;
}

function summarize({ paths }: CommandContext, cluster: Cluster | undefined, wasRunning: boolean): void {
  if (!cluster) return;
  const nodes = cluster.nodes.map(({ name, address }) => `${name} ${address}`).join(', ');
  say(`cluster ${cluster.name} ${wasRunning ? 'was running already' : 'is up'} at ${apiserverUrl(cluster)}`);
  say(`nodes: ${nodes}${cluster.hollow ? `, and ${cluster.hollow.count} hollow ones` : ''}`);
  say(`kubeconfig: ${paths.kubeconfig}`);
}
