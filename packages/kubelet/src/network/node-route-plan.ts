import type { DeepReadonly, Node } from '@kubelab/api';
import { formatIpv4, type Ipv4Range, parseIpv4, parseIpv4Range, rangeContains } from './ipv4.js';

/**
 * How pods reach pods of other nodes. `auto`: directly where the other node is
 * on a network of this one's own, through VXLAN otherwise; `host-gw`: always
 * directly; `vxlan`: always through VXLAN.
 */
export type PodNetworkMode = 'auto' | 'host-gw' | 'vxlan';

/** A node as its routes see it. IPv4 only. */
export interface RoutedNode {
  readonly name: string;
  readonly podCidr: string;
  readonly address: string;
}

interface DirectRoute {
  readonly podCidr: string;
  readonly via: string;
}

/** Another node at the far end of the VXLAN. Everything follows from its address and podCIDR: nothing is exchanged. */
export interface VxlanPeer {
  readonly podCidr: string;
  readonly nodeAddress: string;
  /** First address of the podCIDR, which no pod gets. */
  readonly tunnelAddress: string;
  readonly macAddress: string;
}

export interface NodeRoutePlan {
  readonly direct: readonly DirectRoute[];
  readonly tunnelled: readonly VxlanPeer[];
}

/** The routes that one node needs to the podCIDRs of the others, in the order of their names. */
export function planNodeRoutes(
  others: Iterable<RoutedNode>,
  mode: PodNetworkMode,
  ownNetworks: readonly Ipv4Range[],
): NodeRoutePlan {
  const direct: DirectRoute[] = [];
  const tunnelled: VxlanPeer[] = [];
  for (const { podCidr, address } of [...others].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const numeric = parseIpv4(address) ?? 0;
    const neighbour = ownNetworks.some((network) => rangeContains(network, numeric));
    if (mode === 'host-gw' || (mode === 'auto' && neighbour)) direct.push({ podCidr, via: address });
    else tunnelled.push({ podCidr, nodeAddress: address, ...tunnelEndOf(podCidr, address) });
  }
  return { direct, tunnelled };
}

/** A node's own end of the VXLAN. */
export function tunnelEndOf(podCidr: string, address: string): { tunnelAddress: string; macAddress: string } {
  const bytes = formatIpv4(parseIpv4(address) ?? 0)
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return {
    tunnelAddress: formatIpv4(parseIpv4Range(podCidr)?.base ?? 0),
    // Locally administered, unicast.
    macAddress: ['0a', '6b', ...bytes].join(':'),
  };
}

/** Undefined while the node has no podCIDR or no address, or none of IPv4. */
export function routedNode(node: DeepReadonly<Node>): RoutedNode | undefined {
  const { podCIDR, podCIDRs } = node.spec ?? {};
  const podCidr = [podCIDR ?? '', ...(podCIDRs ?? [])].find((cidr) => parseIpv4Range(cidr) !== undefined);
  const addresses = (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP');
  const address = addresses.map((each) => each.address).find((each) => parseIpv4(each) !== undefined);
  if (podCidr === undefined || address === undefined) return undefined;
  return { name: node.metadata?.name ?? '', podCidr, address };
}
