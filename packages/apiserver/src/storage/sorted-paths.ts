/** The objects' paths in etcd's order, which lists and continue tokens follow. */
export class SortedPaths {
  #paths: string[];

  constructor(paths: Iterable<string> = []) {
    this.#paths = [...paths].sort(byCodeUnit);
  }

  /** Position of the first path that is not before `path`. */
  position(path: string): number {
    let low = 0;
    let high = this.#paths.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#paths[middle] ?? '') < path) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(path: string): void {
    const position = this.position(path);
    if (this.#paths[position] !== path) this.#paths.splice(position, 0, path);
  }

  remove(path: string): void {
    const position = this.position(path);
    if (this.#paths[position] === path) this.#paths.splice(position, 1);
  }

  /** Those that begin with `prefix` and come behind `after` ("" for all of them). */
  slice(prefix: string, after: string): string[] {
    const start = after === '' ? this.position(prefix) : this.position(`${after}\0`);
    const end = prefix === '' ? this.#paths.length : this.position(`${prefix}\u{ffff}`);
    return this.#paths.slice(Math.max(start, this.position(prefix)), end);
  }
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
