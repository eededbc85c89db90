/** An insertion moves at most this many paths; a list of them goes through as many blocks as there are hundreds. */
const BLOCK_LENGTH = 512;

/**
 * The objects' paths in etcd's order, which lists and continue tokens follow.
 * Kept in blocks, none empty: one path more among fifty thousand moves a few hundred.
 */
export class SortedPaths {
  readonly #blocks: string[][] = [];

  constructor(paths: Iterable<string> = []) {
    const sorted = [...paths].sort(byCodeUnit);
    for (let start = 0; start < sorted.length; start += BLOCK_LENGTH / 2) {
      this.#blocks.push(sorted.slice(start, start + BLOCK_LENGTH / 2));
    }
  }

  add(path: string): void {
    const index = Math.min(this.#blockOf(path), this.#blocks.length - 1);
    const block = this.#blocks[index];
    if (block === undefined) {
      this.#blocks.push([path]);
      return;
    }
    const position = positionIn(block, path);
    if (block[position] === path) return;
    block.splice(position, 0, path);
    if (block.length > BLOCK_LENGTH) this.#blocks.splice(index + 1, 0, block.splice(BLOCK_LENGTH / 2));
  }

  remove(path: string): void {
    const index = this.#blockOf(path);
    const block = this.#blocks[index];
    const position = block ? positionIn(block, path) : 0;
    if (block?.[position] !== path) return;
    block.splice(position, 1);
    if (block.length === 0) this.#blocks.splice(index, 1);
  }

  /** Those that begin with `prefix` and come behind `after` ("" for all of them). */
  slice(prefix: string, after: string): string[] {
    const behind = after === '' ? '' : `${after}\0`;
    const from = prefix > behind ? prefix : behind;
    const end = prefix === '' ? undefined : `${prefix}\u{ffff}`;
    const found: string[] = [];
    for (let index = this.#blockOf(from); index < this.#blocks.length; index++) {
      const block = this.#blocks[index] ?? [];
      const start = (block[0] ?? '') < from ? positionIn(block, from) : 0;
      const stop = end !== undefined && (block.at(-1) ?? '') >= end ? positionIn(block, end) : block.length;
      for (let position = start; position < stop; position++) found.push(block[position] ?? '');
      if (stop < block.length) break;
    }
    return found;
  }

  /** The first block whose last path is not before `path`; their number where there is none. */
  #blockOf(path: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle]?.at(-1) ?? '') < path) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Position of the first path that is not before `path`. */
function positionIn(paths: readonly string[], path: string): number {
  let low = 0;
  let high = paths.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((paths[middle] ?? '') < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
