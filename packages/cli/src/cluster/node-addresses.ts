import type { ClusterNetwork, ClusterNode } from './cluster.js';

/**
 * `count` addresses of the network for new nodes, lowest first: none of the
 * gateway's, the network's own, the broadcast one, or a present node's.
 * Throws when the network is full.
 */
export function freeNodeAddresses(
  network: ClusterNetwork,
  nodes: readonly Pick<ClusterNode, 'address'>[],
  count: number,
): string[] {
  const [base = '', prefix = '0'] = network.subnet.split('/');
  const first = toNumber(base);
  const last = first + 2 ** (32 - Number(prefix)) - 1;
  const taken = new Set([network.gateway, ...nodes.map((node) => node.address)]);
  const free: string[] = [];
  for (let candidate = first + 1; candidate < last && free.length < count; candidate += 1) {
    const address = toAddress(candidate);
    if (!taken.has(address)) free.push(address);
  }
  if (free.length < count) throw new Error(`the network ${network.subnet} has no room for ${count} more nodes`);
  return free;
}

/** `count` names that no node has: node1, node2, … */
export function freeNodeNames(nodes: readonly Pick<ClusterNode, 'name'>[], count: number): string[] {
  const taken = new Set(nodes.map((node) => node.name));
  const names: string[] = [];
  for (let number = 1; names.length < count; number += 1) {
    if (!taken.has(`node${number}`)) names.push(`node${number}`);
  }
  return names;
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
