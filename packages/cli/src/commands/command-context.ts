import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cluster, readCluster } from '../cluster/cluster.js';
import type { ClusterPaths } from '../cluster/cluster-paths.js';
import { type ClusterSelector, locateCluster } from '../cluster/locate-cluster.js';
import { createEngine, type Engine } from '../engine/engine.js';

/** What the user did wrong or must do: its message is all that is shown. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CommandError';
  }
}

/** The cluster that a command is about. */
export interface CommandContext {
  readonly engine: Engine;
  readonly paths: ClusterPaths;
  /** The directory of the bundles, this one among them. */
  readonly binDir: string;
}

export async function openContext(selector: ClusterSelector): Promise<CommandContext> {
  const engine = createEngine();
  const paths = await locateCluster(engine, selector);
  return { engine, paths, binDir: bundleDirectory() };
}

/** Rejects where the cluster does not exist. */
export async function requireCluster(context: CommandContext, selector: ClusterSelector): Promise<Cluster> {
  const cluster = await readCluster(context.paths).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') throw new CommandError(`${context.paths.stateDir} is root's: run this as root (sudo)`);
    throw error;
  });
  if (!cluster) throw new CommandError(`there is no cluster ${selector.name}; \`kubelab up\` makes one`);
  return cluster;
}

/** Writes a line for the user. */
export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** dist/bin */
export function bundleDirectory(): string {
  return dirname(fileURLToPath(import.meta.url));
}
