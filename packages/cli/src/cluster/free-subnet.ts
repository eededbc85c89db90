import { readFile } from 'node:fs/promises';
import type { Engine, NetworkDetails } from '../engine/engine.js';

/** Subnets of `size` bits within `base`, from which Docker takes those of new networks. */
export interface AddressPool {
  readonly base: string;
  readonly size: number;
}

/** Docker's own, where the daemon has not been told others (`default-address-pools`). */
const DOCKER_POOLS: readonly AddressPool[] = [
  ...[17, 18, 19].map((octet) => ({ base: `172.${octet}.0.0/16`, size: 16 })),
  ...[20, 24, 28].map((octet) => ({ base: `172.${octet}.0.0/14`, size: 16 })),
  { base: '192.168.0.0/16', size: 20 },
];

interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * The subnet that Docker would give to a new network: the first of its pools that
 * no network and no route of the machine's has. Undefined where there is none.
 */
export async function findFreeSubnet(engine: Engine): Promise<string | undefined> {
  const [networks, info, routes] = await Promise.all([
    engine.get<NetworkDetails[]>('/networks'),
    engine.get<{ DefaultAddressPools?: readonly { Base: string; Size: number }[] | null }>('/info'),
    readFile('/proc/net/route', 'utf8'),
  ]);
  const pools = info.DefaultAddressPools?.map(({ Base, Size }) => ({ base: Base, size: Size })) ?? [];
  const subnets = networks.flatMap(({ IPAM }) => (IPAM.Config ?? []).map(({ Subnet }) => Subnet ?? ''));
  return firstFreeSubnet(pools.length > 0 ? pools : DOCKER_POOLS, [...subnets, ...routedSubnets(routes)]);
}

/** IPv4 alone; what is not that is passed over. */
export function firstFreeSubnet(pools: readonly AddressPool[], taken: readonly string[]): string | undefined {
  const takenRanges = taken.flatMap((subnet) => rangeOf(subnet) ?? []);
  for (const { base, size } of pools) {
    const pool = rangeOf(base);
    if (!pool) continue;
    const count = 2 ** (32 - size);
    for (let first = pool.first; first + count - 1 <= pool.last; first += count) {
      const last = first + count - 1;
      if (!takenRanges.some((range) => range.first <= last && first <= range.last))
        return `${addressOf(first)}/${size}`;
    }
  }
  return undefined;
}

/** Of /proc/net/route, whose numbers are little-endian; the default route leads to everything and takes nothing. */
export function routedSubnets(routes: string): string[] {
  return routes
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const columns = line.split('\t');
      const [destination, mask] = [columns[1], columns[7]].map((text) => Buffer.from((text ?? '').trim(), 'hex'));
      if (destination?.length !== 4 || mask?.length !== 4) return [];
      const bits = 32 - Math.log2(2 ** 32 - mask.readUInt32LE());
      return bits > 0 ? [`${addressOf(destination.readUInt32LE())}/${bits}`] : [];
    });
}

function rangeOf(subnet: string): Range | undefined {
  const [address = '', size = '32'] = subnet.split('/');
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || !octets.every((octet) => Number.isInteger(octet))) return undefined;
  const count = 2 ** (32 - Number(size));
  const number = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const first = number - (number % count);
  return { first, last: first + count - 1 };
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
