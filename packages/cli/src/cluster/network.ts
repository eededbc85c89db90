import { type Engine, EngineError, type NetworkDetails } from '../engine/engine.js';
import { CLUSTER_LABEL, type ClusterNetwork, STATE_DIR_LABEL } from './cluster.js';
import { findFreeSubnet } from './free-subnet.js';

export interface NetworkOwner {
  readonly name: string;
  readonly stateDir: string;
}

export function networkName(cluster: string): string {
  return `kubelab-${cluster}`;
}

/**
 * Makes the cluster's bridge network, or takes the one that is there. `wanted`
 * is the subnet it had before, taken again if it is still free; without it, or
 * when it is not free, it is one of Docker's own choice.
 */
export async function ensureNetwork(
  engine: Engine,
  owner: NetworkOwner,
  wanted: string | undefined,
): Promise<ClusterNetwork> {
  const present = await findNetwork(engine, owner.name);
  if (present) return describe(present);
  // Nodes have fixed addresses, which Docker allows only on a network whose subnet was asked for.
  for (const choose of [() => wanted, () => findFreeSubnet(engine)]) {
    const subnet = await choose();
    const made = subnet === undefined ? undefined : await createIfFree(engine, owner, subnet);
    if (made) return describe(made);
  }
  // Somebody was faster, or something of another kind is there: Docker knows, and takes twice as long.
  return describe(await create(engine, owner, await pickSubnet(engine, owner)));
}

async function createIfFree(engine: Engine, owner: NetworkOwner, subnet: string): Promise<NetworkDetails | undefined> {
  try {
    return await create(engine, owner, subnet);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

export async function removeNetwork(engine: Engine, cluster: string): Promise<void> {
  const present = await findNetwork(engine, cluster);
  if (present) await engine.delete(`/networks/${present.Id}`);
}

async function findNetwork(engine: Engine, cluster: string): Promise<NetworkDetails | undefined> {
  const name = networkName(cluster);
  try {
    const found = await engine.get<NetworkDetails>(`/networks/${name}`);
    if (found.Labels?.[CLUSTER_LABEL] !== cluster) throw new Error(`the Docker network ${name} is not kubelab's`);
    return found;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

async function pickSubnet(engine: Engine, owner: NetworkOwner): Promise<string> {
  const picked = await create(engine, owner, undefined);
  await engine.delete(`/networks/${picked.Id}`);
  return describe(picked).subnet;
}

async function create(engine: Engine, owner: NetworkOwner, subnet: string | undefined): Promise<NetworkDetails> {
  const { Id } = await engine.post<{ Id: string }>('/networks/create', {
    Name: networkName(owner.name),
    Driver: 'bridge',
    CheckDuplicate: true,
    Labels: { [CLUSTER_LABEL]: owner.name, [STATE_DIR_LABEL]: owner.stateDir },
    ...(subnet === undefined ? {} : { IPAM: { Config: [{ Subnet: subnet, Gateway: firstAddress(subnet) }] } }),
  });
  return engine.get<NetworkDetails>(`/networks/${Id}`);
}

function firstAddress(subnet: string): string {
  const octets = (subnet.split('/')[0] ?? '').split('.').map(Number);
  return [...octets.slice(0, 3), (octets[3] ?? 0) + 1].join('.');
}

function describe(network: NetworkDetails): ClusterNetwork {
  const { Subnet: subnet, Gateway: gateway } = network.IPAM.Config?.[0] ?? {};
  if (!subnet || !gateway) throw new Error(`the Docker network ${network.Name} has no subnet`);
  return { subnet, gateway: gateway.split('/')[0] ?? gateway };
}
