import { execFile } from 'node:child_process';
import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLUSTER_LABEL, readCluster } from '../cluster/cluster.js';
import type { ClusterPaths } from '../cluster/cluster-paths.js';
import { emptyExternalEtcd } from '../cluster/external-etcd.js';
import { listClusters } from '../cluster/locate-cluster.js';
import { withClusterLock } from '../cluster/lock.js';
import { removeNetwork } from '../cluster/network.js';
import { type Engine, EngineError } from '../engine/engine.js';
import { STATE_DIR_VARIABLE } from '../processes/component-environment.js';
import { livePidFiles } from '../processes/pid-file.js';
import { findByEnvironment } from '../processes/process-identity.js';
import { killProcesses, stopProcesses } from '../processes/stop-processes.js';
import { stopSupervisor } from '../supervisor/start-supervisor.js';
import { type CommandContext, CommandError, openContext, say } from './command-context.js';

const run = promisify(execFile);

export interface DownOptions {
  readonly name: string;
  readonly stateDir?: string;
  readonly keepState: boolean;
  readonly all: boolean;
}

/** Removes clusters from this machine, whatever is left of them. */
export async function down(options: DownOptions): Promise<void> {
  if (process.getuid?.() !== 0) throw new CommandError('only root can remove a cluster: run this as root (sudo)');
  const context = await openContext(options);
  const names = options.all ? await listClusters(context.engine) : [options.name];
  for (const name of names) await downOne(options.all ? await openContext({ name }) : context, name, options.keepState);
  if (names.length === 0) say('there is no cluster on this machine');
}

async function downOne({ engine, paths }: CommandContext, name: string, keepState: boolean): Promise<void> {
  const startedMs = performance.now();
  await withClusterLock(paths, async () => {
    await stopSupervisor(paths);
    await stopAllProcesses(paths);
    if (!keepState) await forgetInEtcd(paths);
    await removeContainers(engine, name);
    await removeNetwork(engine, name);
    await unmountBelow(paths.stateDir);
    await removeState(paths, keepState);
  });
  if (!keepState) await rmdir(paths.stateDir).catch(ignoreWhen('ENOENT', 'ENOTEMPTY'));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`cluster ${name} is gone${keepState ? `; its state is kept in ${paths.stateDir}` : ''} (${seconds} s)`);
}

/** Those that use the apiserver first, then it, then etcd; and whatever else carries the cluster's mark. */
async function stopAllProcesses(paths: ClusterPaths): Promise<void> {
  const running = livePidFiles(paths.runDir);
  await stopProcesses(running.filter(({ name }) => name !== 'apiserver' && name !== 'etcd'));
  await stopProcesses(running.filter(({ name }) => name === 'apiserver'));
  await stopProcesses(running.filter(({ name }) => name === 'etcd'));
  await killProcesses(findByEnvironment((environment) => environment.get(STATE_DIR_VARIABLE) === paths.stateDir));
}

/** What the cluster has in an etcd of the user's. That it cannot be reached keeps nothing else from being removed. */
async function forgetInEtcd(paths: ClusterPaths): Promise<void> {
  const { externalEtcd } = (await readCluster(paths).catch(() => undefined)) ?? {};
  const prefix = externalEtcd?.prefix;
  if (!externalEtcd || !prefix) return;
  try {
    await emptyExternalEtcd({ ...externalEtcd, prefix });
  } catch (error) {
    say(`what is under ${prefix}/ in etcd is left there: ${(error as Error).message}`);
  }
}

/** The nodes' and the pods' alike: all have the cluster's label. */
export async function removeContainers(engine: Engine, cluster: string, node?: string): Promise<void> {
  const labels = [`${CLUSTER_LABEL}=${cluster}`, ...(node === undefined ? [] : [`kubelab.node=${node}`])];
  const waiting = await engine.containers(labels);
  const removeSome = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      await engine.delete(`/containers/${next.Id}?force=1&v=1`).catch((error: unknown) => {
        // Somebody else removes it, or has.
        if (!(error instanceof EngineError && (error.status === 404 || error.status === 409))) throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: 8 }, removeSome));
}

/** What volumes were mounted below the directory, innermost first. */
async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of mounts.reverse()) await run('umount', ['-l', path]);
}

/** The kernel writes a blank as \040. */
function unescapeOctal(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Only what a cluster makes is removed: a state directory may have been given that holds other things. */
async function removeState(paths: ClusterPaths, keepState: boolean): Promise<void> {
  const always = [paths.runDir, paths.logsDir, paths.nodesDir];
  const state = [paths.etcdDir, paths.pkiDir, paths.kubeconfig, paths.clusterFile];
  for (const path of keepState ? always : [...always, ...state]) await rm(path, { recursive: true, force: true });
  const leftovers = await readdir(paths.stateDir).catch(() => []);
  for (const name of leftovers) if (name.endsWith('.tmp')) await rm(join(paths.stateDir, name), { force: true });
}

function ignoreWhen(...codes: string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}
