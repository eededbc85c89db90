/** A block of IPv4 addresses. */
export interface Cidr {
  /** The first address, as a number. */
  readonly start: number;
  readonly prefixLength: number;
}

/** Reads `10.244.0.0/16`. @throws where it is none. */
export function parseCidr(text: string): Cidr {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const prefixLength = Number(match?.[5]);
  if (!match || octets.some((octet) => octet > 255) || prefixLength > 32)
    throw new Error(`${text} is not an IPv4 CIDR`);
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { start: address - (address % 2 ** (32 - prefixLength)), prefixLength };
}

export function formatCidr({ start, prefixLength }: Cidr): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${octets.join('.')}/${prefixLength}`;
}

/** The first block of the cluster's range that overlaps none in use; undefined when all are taken. */
export function nextFreeCidr(cluster: Cidr, nodePrefixLength: number, inUse: readonly Cidr[]): Cidr | undefined {
  const size = 2 ** (32 - nodePrefixLength);
  const end = cluster.start + 2 ** (32 - cluster.prefixLength);
  const taken = new Set<number>();
  for (const used of inUse) {
    const usedEnd = used.start + 2 ** (32 - used.prefixLength);
    for (let start = used.start - (used.start % size); start < usedEnd; start += size) taken.add(start);
  }
  for (let start = cluster.start; start + size <= end; start += size)
    if (!taken.has(start)) return { start, prefixLength: nodePrefixLength };
  return undefined;
}
