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

/** The cluster's range of addresses, and which blocks of it the nodes have. */
export class CidrPool {
  readonly #cluster: Cidr;
  readonly #blockPrefixLength: number;
  readonly #blockSize: number;
  /** Node → what it has. */
  readonly #held = new Map<string, readonly Cidr[]>();
  /** A block's first address → how many nodes have some of it. */
  readonly #uses = new Map<number, number>();
  /** Where the last block was given; the next is looked for behind it, so that one that was just given up rests. */
  #cursor = 0;

  /** @throws where no block of this length fits into the range. */
  constructor(cluster: Cidr, blockPrefixLength: number) {
    if (!(blockPrefixLength >= cluster.prefixLength && blockPrefixLength <= 32))
      throw new Error(`a node's share of /${blockPrefixLength} does not fit into ${formatCidr(cluster)}`);
    this.#cluster = cluster;
    this.#blockPrefixLength = blockPrefixLength;
    this.#blockSize = 2 ** (32 - blockPrefixLength);
  }

  /** The node has these now, whatever it had before. */
  hold(node: string, cidrs: readonly Cidr[]): void {
    this.release(node);
    if (cidrs.length === 0) return;
    this.#held.set(node, cidrs);
    for (const start of cidrs.flatMap((cidr) => this.#blocksOf(cidr)))
      this.#uses.set(start, (this.#uses.get(start) ?? 0) + 1);
  }

  release(node: string): void {
    for (const start of (this.#held.get(node) ?? []).flatMap((cidr) => this.#blocksOf(cidr))) {
      const uses = (this.#uses.get(start) ?? 0) - 1;
      if (uses > 0) this.#uses.set(start, uses);
      else this.#uses.delete(start);
    }
    this.#held.delete(node);
  }

  heldBy(node: string): readonly Cidr[] {
    return this.#held.get(node) ?? [];
  }

  /** A block that overlaps none in use; undefined when all are taken. */
  nextFree(): Cidr | undefined {
    const blocks = 2 ** (this.#blockPrefixLength - this.#cluster.prefixLength);
    for (let step = 0; step < blocks; step += 1) {
      const index = (this.#cursor + step) % blocks;
      const start = this.#cluster.start + index * this.#blockSize;
      if (this.#uses.has(start)) continue;
      this.#cursor = index + 1;
      return { start, prefixLength: this.#blockPrefixLength };
    }
    return undefined;
  }

  /** Those of our blocks that the addresses touch. */
  #blocksOf({ start, prefixLength }: Cidr): number[] {
    const end = Math.min(
      start + 2 ** (32 - prefixLength),
      this.#cluster.start + 2 ** (32 - this.#cluster.prefixLength),
    );
    const first = Math.max(start - (start % this.#blockSize), this.#cluster.start);
    const starts: number[] = [];
    for (let block = first; block < end; block += this.#blockSize) starts.push(block);
    return starts;
  }
}
