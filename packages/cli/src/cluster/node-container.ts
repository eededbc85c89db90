import { existsSync } from 'node:fs';
import { type ContainerDetails, type Engine, EngineError } from '../engine/engine.js';
import { CLUSTER_LABEL, type Cluster, type ClusterNode, NODE_LABEL, ROLE_LABEL, STATE_DIR_LABEL } from './cluster.js';
import { networkName } from './network.js';

export const PAUSE_IMAGE = 'kubelab/pause:1';

/** A node's running container: its network namespace is what the node is. */
export interface NodeContainer {
  readonly id: string;
  readonly pid: number;
}

export function nodeContainerName(cluster: string, node: string): string {
  return `kubelab-${cluster}-${node}`;
}

/** Makes the node's container, or starts it again, or takes it as it runs. */
export async function ensureNodeContainer(
  engine: Engine,
  cluster: Cluster,
  node: ClusterNode,
  stateDir: string,
): Promise<NodeContainer> {
  const name = nodeContainerName(cluster.name, node.name);
  const present = await inspect(engine, name);
  if (present && present.Config.Labels[CLUSTER_LABEL] !== cluster.name) {
    throw new Error(`the container ${name} is not kubelab's`);
  }
  if (present?.State.Paused) await engine.post(`/containers/${name}/unpause`);
  if (present?.State.Running) return { id: present.Id, pid: present.State.Pid };
  if (!present || !(await startAgain(engine, name))) {
    await engine.post(`/containers/create?name=${name}`, specification(cluster, node, stateDir));
    await engine.post(`/containers/${name}/start`);
  }
  const started = await inspect(engine, name);
  if (!started?.State.Running) throw new Error(`the container ${name} does not stay up`);
  return { id: started.Id, pid: started.State.Pid };
}

/** False where it cannot be, and has been removed: the network that it was on may be no more. */
async function startAgain(engine: Engine, name: string): Promise<boolean> {
  try {
    await engine.post(`/containers/${name}/start`);
    return true;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    await engine.delete(`/containers/${name}?force=1`);
    return false;
  }
}

/** The node's container if it is up. */
export async function findNodeContainer(
  engine: Engine,
  cluster: string,
  node: string,
): Promise<NodeContainer | undefined> {
  const details = await inspect(engine, nodeContainerName(cluster, node));
  return details?.State.Running && !details.State.Paused ? { id: details.Id, pid: details.State.Pid } : undefined;
}

async function inspect(engine: Engine, name: string): Promise<ContainerDetails | undefined> {
  try {
    return await engine.get<ContainerDetails>(`/containers/${name}/json`);
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

function specification(cluster: Cluster, node: ClusterNode, stateDir: string): Readonly<Record<string, unknown>> {
  const network = networkName(cluster.name);
  return {
    Image: PAUSE_IMAGE,
    Hostname: node.name,
    Labels: {
      [CLUSTER_LABEL]: cluster.name,
      [NODE_LABEL]: node.name,
      [ROLE_LABEL]: 'node',
      [STATE_DIR_LABEL]: stateDir,
    },
    HostConfig: {
      NetworkMode: network,
      CapAdd: ['NET_ADMIN'],
      LogConfig: { Type: 'none' },
      Sysctls: sysctls(),
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: node.address } } } },
  };
}

/** A node routes between its pods and the network. */
function sysctls(): Record<string, string> {
  const wanted: Record<string, string> = {
    'net.ipv4.ip_forward': '1',
    'net.ipv4.conf.all.route_localnet': '1',
  };
  // Packets between pods of one node pass the rules only with this; it is there when br_netfilter is loaded.
  if (existsSync('/proc/sys/net/bridge')) wanted['net.bridge.bridge-nf-call-iptables'] = '1';
  return wanted;
}
