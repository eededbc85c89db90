import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@kubelab/runtime';
import type { CniNetwork } from './cni-network.js';
import type { CniPluginConfiguration } from './cni-plugin.js';

/** The kubelet's own file in the configuration directory. Any other is an administrator's, and is used instead. */
export const OWN_CONFIGURATION_FILE = '10-kubelab.conflist';
/** Name of the kubelet's own network; host-local keeps its leases under it. */
export const OWN_NETWORK_NAME = 'kubelab';
const BRIDGE_NAME = 'cni0';

interface OwnNetworkOptions {
  /** The node's podCIDR. */
  readonly podCidr: string;
  /** Where host-local keeps its leases: under the node's root directory, as nodes may share a machine. */
  readonly leaseDirectory: string;
  /** Of the pods' interfaces; 0: the kernel's default. */
  readonly mtu: number;
}

/**
 * The network of a node: pods on one bridge, addresses from the podCIDR, host
 * ports by portmap. Masquerading is left out: the node does it once for all
 * pods instead of with a chain a pod. Hairpin mode lets a pod reach itself
 * through its Service.
 */
export function ownNetwork({ podCidr, leaseDirectory, mtu }: OwnNetworkOptions): CniNetwork {
  const bridge: CniPluginConfiguration = {
    type: 'bridge',
    bridge: BRIDGE_NAME,
    isGateway: true,
    isDefaultGateway: true,
    forceAddress: true,
    ipMasq: false,
    hairpinMode: true,
    ...(mtu > 0 ? { mtu } : {}),
    ipam: { type: 'host-local', ranges: [[{ subnet: podCidr }]], dataDir: leaseDirectory },
  };
  const portmap: CniPluginConfiguration = { type: 'portmap', capabilities: { portMappings: true }, snat: true };
  return { cniVersion: '1.0.0', name: OWN_NETWORK_NAME, plugins: [bridge, portmap] };
}

/**
 * Puts the node's own network into the configuration directory, unless an
 * administrator's is there, which is returned then. With no own one to write,
 * the one that an earlier run has written is returned, if any.
 */
export async function installNetwork(directory: string, own: CniNetwork | undefined): Promise<CniNetwork | undefined> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const files = (await readdir(directory)).filter((name) => /\.(conf|conflist|json)$/.test(name)).sort();
  const other = files.find((name) => name !== OWN_CONFIGURATION_FILE);
  const ownPath = join(directory, OWN_CONFIGURATION_FILE);
  if (other !== undefined) {
    await rm(ownPath, { force: true });
    return parseNetwork(other, await readFile(join(directory, other), 'utf8'));
  }
  const present = files.includes(OWN_CONFIGURATION_FILE) ? await readFile(ownPath, 'utf8') : '';
  if (!own) return present === '' ? undefined : parseNetwork(OWN_CONFIGURATION_FILE, present);
  const text = `${JSON.stringify(own, null, 2)}\n`;
  if (present !== text) await writeFileAtomically(ownPath, text);
  return own;
}

/** Reads a conflist, or a configuration of one plugin. Throws an Error that names the file. */
export function parseNetwork(file: string, text: string): CniNetwork {
  try {
    const parsed = JSON.parse(text) as Partial<CniNetwork> & Partial<CniPluginConfiguration>;
    const { cniVersion = '0.2.0', name, type } = parsed;
    if (typeof name !== 'string' || name === '') throw new Error('it has no name');
    const plugins = parsed.plugins ?? (typeof type === 'string' ? [{ ...parsed, type }] : []);
    if (!Array.isArray(plugins) || plugins.length === 0) throw new Error('no plugins');
    return { cniVersion, name, plugins };
  } catch (error) {
    throw new Error(`error parsing CNI configuration ${file}: ${(error as Error).message}`, { cause: error });
  }
}
