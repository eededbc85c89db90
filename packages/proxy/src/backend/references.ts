import type { ServiceObjects } from './table-state.js';

export const elementName = (container: string, key: string): string => `${container}\0${key}`;

/** How many services need each chain, set and element: what is shared goes with its last user. */
export class References {
  readonly #counts = new Map<string, number>();

  constructor(all: Iterable<ServiceObjects>) {
    for (const objects of all) this.add(objects, 1);
  }

  add(objects: ServiceObjects | undefined, difference: 1 | -1): void {
    for (const name of objects ? namesOf(objects) : []) {
      const count = (this.#counts.get(name) ?? 0) + difference;
      if (count > 0) this.#counts.set(name, count);
      else this.#counts.delete(name);
    }
  }

  /** Whether any service but the given ones needs it. */
  without(some: readonly (ServiceObjects | undefined)[]): (name: string) => boolean {
    const theirs = new Map<string, number>();
    for (const objects of some)
      for (const name of objects ? namesOf(objects) : []) theirs.set(name, (theirs.get(name) ?? 0) + 1);
    return (name) => (this.#counts.get(name) ?? 0) > (theirs.get(name) ?? 0);
  }
}

function namesOf(objects: ServiceObjects): Set<string> {
  const elements = objects.elements.map(([container, key]) => elementName(container, key));
  return new Set([...objects.chains.keys(), ...objects.sets.keys(), ...elements]);
}
