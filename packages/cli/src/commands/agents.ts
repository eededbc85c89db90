import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@kubelab/runtime';
import type { ProxyMode } from '../cluster/cluster.js';
import { clusterPaths } from '../cluster/cluster-paths.js';
import { createEngine } from '../engine/engine.js';
import { componentEnvironment } from '../processes/component-environment.js';
import { planProcesses } from '../processes/process-plan.js';
import { ManagedProcess } from '../supervisor/managed-process.js';
import { bundleDirectory } from './command-context.js';
import { removeContainers } from './down.js';
import { describeFixedCluster } from './prepare.js';

export interface AgentsOptions {
  readonly stateDir: string;
  readonly clusterName: string;
  readonly apiserverIp: string;
  readonly nodeName: string;
  readonly nodeIp: string;
  /** The name of the container that this runs in: the node. */
  readonly container: string;
  readonly proxyMode: ProxyMode;
}

/**
 * Runs a node's kubelet and proxy until SIGTERM or SIGINT, and starts either
 * again when it dies: what a container that is a node runs. When it ends, so do
 * the node's pods, whose network has gone with it.
 */
export async function agents(options: AgentsOptions): Promise<void> {
  const { stateDir, clusterName, nodeName, nodeIp, proxyMode } = options;
  const log = await createLogger({ component: 'agents', instance: nodeName, pretty: false });
  const engine = createEngine();
  const binDir = bundleDirectory();
  const cluster = { ...describeFixedCluster({ ...options, nodes: [`${nodeName}=${nodeIp}`] }), proxyMode };
  const plans = planProcesses({ cluster, paths: clusterPaths(stateDir), binDir, nodePath: process.execPath });
  // What another life of this container left there is not ours: the directory is new.
  const runDir = await mkdtemp(join(tmpdir(), 'kubelab-run-'));
  const processes = plans
    .filter(({ node }) => node === nodeName)
    .map(
      (specification) =>
        new ManagedProcess({
          specification,
          runDir,
          logFile: '/proc/self/fd/1',
          env: componentEnvironment(stateDir, binDir),
          log,
          nodeNetwork: () => Promise.resolve({ id: options.container, pid: process.pid }),
          predecessorsAnswer: () => Promise.resolve(),
          onChange: () => undefined,
        }),
    );
  const signalled = new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve());
  });
  for (const one of processes) one.start(new AbortController().signal);
  await signalled;
  log.info('stopping');
  await Promise.all(processes.map((one) => one.stop()));
  await removeContainers(engine, clusterName, nodeName);
}
