import type { Cluster } from '../cluster/cluster.js';
import { findNodeContainer } from '../cluster/node-container.js';
import { type PidFile, readPidFile } from '../processes/pid-file.js';
import { probe } from '../processes/probe.js';
import { type ProcessUsage, readUsage } from '../processes/process-identity.js';
import { planProcesses } from '../processes/process-plan.js';
import { type CommandContext, openContext, requireCluster, say } from './command-context.js';
import { formatAge, formatTable } from './format-table.js';

export interface StatusOptions {
  readonly name: string;
  readonly stateDir?: string;
  readonly output: 'table' | 'json';
}

/** How one component of the cluster stands. */
interface ComponentStatus {
  readonly component: string;
  readonly node?: string;
  /** Of the process of hollow nodes: how many there are. */
  readonly nodes?: number;
  readonly pid?: number;
  readonly address: string;
  readonly healthy: boolean;
  readonly message: string;
  readonly residentBytes?: number;
  readonly uptimeMs?: number;
  readonly restarts: number;
}

/**
 * Shows every component. It reads what is on disk and asks each component
 * itself, so that it tells the truth when the supervisor is dead, too. Resolves
 * with whether all is well.
 */
export async function status(options: StatusOptions): Promise<boolean> {
  const context = await openContext(options);
  const cluster = await requireCluster(context, options);
  const components = await collect(context, cluster);
  if (options.output === 'json') say(JSON.stringify({ cluster: cluster.name, components }, null, 2));
  else say(formatTable(components.map(tableRow)));
  return components.every(({ healthy }) => healthy);
}

async function collect(context: CommandContext, cluster: Cluster): Promise<ComponentStatus[]> {
  const { paths, binDir, engine } = context;
  const plans = planProcesses({ cluster, paths, binDir, nodePath: process.execPath });
  const processes = plans.map(async ({ name, component, node, address, readyUrl }): Promise<ComponentStatus> => {
    const { file, usage } = look(paths.runDir, name);
    const { healthy, message } = usage ? await probe(readyUrl) : { healthy: false, message: 'not running' };
    const nodes = component === 'hollow' ? cluster.hollow?.count : undefined;
    return {
      component,
      ...(node ? { node } : {}),
      ...(nodes ? { nodes } : {}),
      address,
      healthy,
      message,
      ...figures(file, usage),
    };
  });
  const supervisor = look(paths.runDir, 'supervisor');
  const nodes = cluster.nodes.map(async ({ name, address, stopped }): Promise<ComponentStatus> => {
    const container = await findNodeContainer(engine, cluster.name, name);
    const message = stopped ? 'switched off' : container ? 'running' : 'not running';
    const healthy = stopped || container !== undefined;
    return { component: 'node', node: name, address, healthy, message, restarts: 0 };
  });
  return [
    {
      component: 'supervisor',
      address: paths.socket,
      healthy: supervisor.usage !== undefined,
      message: supervisor.usage ? 'running' : 'not running',
      ...figures(supervisor.file, supervisor.usage),
    },
    ...(await Promise.all([...processes, ...nodes])),
  ];
}

function look(runDir: string, name: string): { file: PidFile | undefined; usage: ProcessUsage | undefined } {
  const file = readPidFile(runDir, name);
  return { file, usage: file && readUsage(file) };
}

function figures(file: PidFile | undefined, usage: ProcessUsage | undefined) {
  return { restarts: file?.restarts ?? 0, ...(file && usage ? { pid: file.pid, ...usage } : {}) };
}

function tableRow(row: ComponentStatus): Record<string, string> {
  return {
    COMPONENT: row.component,
    NODE: row.node ?? (row.nodes === undefined ? '' : `${row.nodes} nodes`),
    PID: row.pid === undefined ? '' : String(row.pid),
    ADDRESS: row.address,
    HEALTH: row.healthy ? (row.component === 'node' ? row.message : 'ok') : row.message || 'unhealthy',
    MEMORY: row.residentBytes === undefined ? '' : `${Math.round(row.residentBytes / 2 ** 20)} MiB`,
    UPTIME: row.uptimeMs === undefined ? '' : formatAge(row.uptimeMs),
    RESTARTS: row.component === 'node' ? '' : String(row.restarts),
  };
}
