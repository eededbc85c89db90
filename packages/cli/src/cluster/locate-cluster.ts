import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine, NetworkDetails } from '../engine/engine.js';
import { CLUSTER_LABEL, STATE_DIR_LABEL } from './cluster.js';
import { type ClusterPaths, clusterPaths, STATE_ROOT } from './cluster-paths.js';

export interface ClusterSelector {
  readonly name: string;
  /** Absent: where the cluster of that name is found to keep its state, else below STATE_ROOT. */
  readonly stateDir?: string | undefined;
}

/** Linux refuses longer names of sockets, and the supervisor's is in the state directory. */
const MAX_SOCKET_PATH_BYTES = 107;

/** Where a cluster keeps its state, be it there or not. */
export async function locateCluster(engine: Engine, selector: ClusterSelector): Promise<ClusterPaths> {
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(selector.name)) {
    throw new Error(`a cluster's name is up to 32 letters, digits and dashes: "${selector.name}" is not`);
  }
  const paths = clusterPaths(
    selector.stateDir
      ? await requireOwnName(engine, selector.name, resolve(selector.stateDir))
      : await findStateDir(engine, selector.name),
  );
  if (Buffer.byteLength(paths.socket) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`the path of the state directory is too long: ${paths.stateDir}`);
  }
  return paths;
}

/** The names of all clusters on this machine, whether their state or only their network is left. */
export async function listClusters(engine: Engine): Promise<string[]> {
  const names = new Set((await labelledNetworks(engine)).keys());
  if (existsSync(STATE_ROOT)) {
    for (const name of readdirSync(STATE_ROOT)) {
      if (existsSync(clusterPaths(join(STATE_ROOT, name)).clusterFile)) names.add(name);
    }
  }
  return [...names].sort();
}

/** On an engine a name is one cluster's: with another state directory it would be taken for its own. */
async function requireOwnName(engine: Engine, name: string, stateDir: string): Promise<string> {
  const present = (await labelledNetworks(engine).catch(() => new Map<string, string>())).get(name);
  if (present === undefined || present === stateDir) return stateDir;
  throw new Error(`there is a cluster ${name} already; its state is in ${present}`);
}

/** The network remembers a state directory that is not in its usual place. */
async function findStateDir(engine: Engine, name: string): Promise<string> {
  const usual = join(STATE_ROOT, name);
  if (existsSync(clusterPaths(usual).clusterFile)) return usual;
  return (await labelledNetworks(engine).catch(() => new Map<string, string>())).get(name) ?? usual;
}

async function labelledNetworks(engine: Engine): Promise<Map<string, string>> {
  const filters = encodeURIComponent(JSON.stringify({ label: [CLUSTER_LABEL] }));
  const networks = await engine.get<NetworkDetails[]>(`/networks?filters=${filters}`);
  return new Map(
    networks.map(({ Labels }) => [Labels?.[CLUSTER_LABEL] ?? '', Labels?.[STATE_DIR_LABEL] ?? ''] as const),
  );
}
