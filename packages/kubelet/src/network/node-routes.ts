import { batch, query } from './ip-command.js';
import { type Ipv4Range, parseIpv4Range } from './ipv4.js';
import { type NodeRoutePlan, type RoutedNode, tunnelEndOf, type VxlanPeer } from './node-route-plan.js';

/** Marks our routes in the kernel's table (rtnetlink `protocol`): we remove only what carries it. */
const ROUTE_PROTOCOL = '107';
const VXLAN_DEVICE = 'kubelab-vxlan';
const VXLAN_NETWORK_ID = 107;
/** RFC 7348. */
const VXLAN_PORT = 4789;
/** Outer Ethernet, IP, UDP and VXLAN headers. */
export const VXLAN_OVERHEAD_BYTES = 50;

interface KernelRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
}

interface KernelAddress {
  readonly ifname: string;
  readonly mtu: number;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

/** The device that carries a node address. */
interface NodeDevice {
  readonly name: string;
  readonly mtu: number;
  /** Whose addresses are reached without a router. */
  readonly networks: readonly Ipv4Range[];
}

/** Rejects when no device of this network namespace has the address. */
export async function findNodeDevice(address: string, signal: AbortSignal): Promise<NodeDevice> {
  const devices = await query<KernelAddress>('ip', ['-4', 'address', 'show'], signal);
  const found = devices.find((device) => device.addr_info.some(({ local }) => local === address));
  if (!found) throw new Error(`no device has the node's address ${address}`);
  const networks = found.addr_info.map(({ local, prefixlen }) => parseIpv4Range(`${local}/${prefixlen}`));
  return { name: found.ifname, mtu: found.mtu, networks: networks.filter((network) => network !== undefined) };
}

/** Makes the kernel's routes to other nodes what the plan says. Routes that are not ours stay. */
export async function applyNodeRoutes(
  plan: NodeRoutePlan,
  self: RoutedNode,
  device: NodeDevice,
  signal: AbortSignal,
): Promise<void> {
  if (plan.tunnelled.length > 0) await ensureTunnel(self, device, signal);
  const present = await query<KernelRoute>('ip', ['-4', 'route', 'show', 'protocol', ROUTE_PROTOCOL], signal);
  const wanted = new Map([
    ...plan.direct.map(({ podCidr, via }) => [podCidr, `via ${via} dev ${device.name}`] as const),
    ...plan.tunnelled.map(
      ({ podCidr, tunnelAddress }) => [podCidr, `via ${tunnelAddress} dev ${VXLAN_DEVICE} onlink`] as const,
    ),
  ]);
  const stale = present.filter(({ dst }) => !wanted.has(dst));
  await batch(
    'ip',
    [
      ...stale.map(({ dst }) => `route delete ${dst} protocol ${ROUTE_PROTOCOL}`),
      ...plan.tunnelled.map(
        (peer) => `neighbour replace ${peer.tunnelAddress} lladdr ${peer.macAddress} dev ${VXLAN_DEVICE} nud permanent`,
      ),
      ...[...wanted].map(([podCidr, way]) => `route replace ${podCidr} ${way} protocol ${ROUTE_PROTOCOL}`),
    ],
    signal,
  );
  await syncTunnelPeers(plan.tunnelled, signal);
}

async function ensureTunnel(self: RoutedNode, device: NodeDevice, signal: AbortSignal): Promise<void> {
  const { tunnelAddress, macAddress } = tunnelEndOf(self.podCidr, self.address);
  const links = await query<{ ifname: string }>('ip', ['link', 'show', 'type', 'vxlan'], signal);
  const create = `link add ${VXLAN_DEVICE} type vxlan id ${VXLAN_NETWORK_ID} dev ${device.name} local ${self.address} dstport ${VXLAN_PORT} nolearning`;
  await batch(
    'ip',
    [
      ...(links.some(({ ifname }) => ifname === VXLAN_DEVICE) ? [] : [create]),
      `link set ${VXLAN_DEVICE} address ${macAddress} mtu ${device.mtu - VXLAN_OVERHEAD_BYTES} up`,
      `address replace ${tunnelAddress}/32 dev ${VXLAN_DEVICE}`,
    ],
    signal,
  );
}

interface ForwardingEntry {
  readonly mac: string;
  readonly dst?: string;
}

/** Which node each tunnel end's MAC address is behind; those of nodes that are gone are removed. */
async function syncTunnelPeers(peers: readonly VxlanPeer[], signal: AbortSignal): Promise<void> {
  const links = await query<{ ifname: string }>('ip', ['link', 'show', 'type', 'vxlan'], signal);
  if (!links.some(({ ifname }) => ifname === VXLAN_DEVICE)) return;
  const present = await query<ForwardingEntry>('bridge', ['fdb', 'show', 'dev', VXLAN_DEVICE], signal);
  const wanted = new Map(peers.map(({ macAddress, nodeAddress }) => [macAddress, nodeAddress]));
  const stale = present.filter(({ mac, dst }) => wanted.get(mac) !== dst);
  const missing = [...wanted].filter(([mac, dst]) => !present.some((entry) => entry.mac === mac && entry.dst === dst));
  await batch(
    'bridge',
    [
      ...stale.map(({ mac, dst }) => `fdb delete ${mac} dev ${VXLAN_DEVICE}${dst ? ` dst ${dst}` : ''}`),
      ...missing.map(([mac, dst]) => `fdb append ${mac} dev ${VXLAN_DEVICE} dst ${dst}`),
    ],
    signal,
  );
}
