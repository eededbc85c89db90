import { isObject } from '../../decode/convert-value.js';
import { setOwn } from '../../set-own.js';
import type { ApplyType, ListType, MapType, StructType } from './apply-type.js';
import { elementOf } from './list-elements.js';

/**
 * A live object with an applied configuration merged into it: what the
 * configuration states wins, what it does not mention stays, lists come in its
 * order. Shares with both what is not merged. Both must have been checked.
 */
export function mergeApplied(type: ApplyType, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined || type.isAtomic) return config;
  if (type.shape === 'list') return mergeLists(type, live, config);
  if (type.shape === 'struct' || type.shape === 'map') return mergeMembers(type, live, config);
  return config;
}

function mergeMembers(type: StructType | MapType, live: unknown, config: unknown): unknown {
  const before = isObject(live) ? live : {};
  const stated = isObject(config) ? config : {};
  const names = Object.keys(stated);
  // Neither says anything: the configuration's way to say so is kept.
  if (names.length === 0) return Object.keys(before).length === 0 ? config : live;
  const merged: Record<string, unknown> = { ...before };
  for (const name of names) {
    const fieldType = type.shape === 'map' ? type.values : type.fields.get(name)?.type;
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    setOwn(merged, name, fieldType === undefined ? stated[name] : mergeApplied(fieldType, was, stated[name]));
  }
  return merged;
}

function mergeLists(type: ListType, live: unknown, config: unknown): unknown {
  const before = Array.isArray(live) ? live : [];
  const stated = Array.isArray(config) ? config : [];
  if (stated.length === 0) return before.length === 0 ? config : live;
  return new ListMerge(type, before, stated).run();
}

/**
 * Elements that both have come in the configuration's order; those that only
 * the live list has keep their place before the next one that both have.
 */
class ListMerge {
  readonly #merged: unknown[] = [];
  readonly #live: readonly string[];
  readonly #stated: readonly string[];
  readonly #items = new Map<string, unknown>();
  readonly #isStated: ReadonlySet<string>;
  readonly #done = new Set<string>();
  /** Elements of both, as yet unmerged, in the configuration's order. */
  readonly #shared: string[];

  constructor(
    readonly type: ListType,
    readonly before: readonly unknown[],
    readonly stated: readonly unknown[],
  ) {
    this.#live = before.map((item) => elementOf(type, item));
    this.#stated = stated.map((item) => elementOf(type, item));
    for (const [index, element] of this.#live.entries()) {
      // What the live list repeats is not merged but replaced.
      this.#items.set(element, this.#items.has(element) ? undefined : before[index]);
    }
    this.#isStated = new Set(this.#stated);
    this.#shared = this.#stated.filter((element) => this.#items.has(element));
  }

  run(): unknown[] {
    let live = 0;
    let stated = 0;
    while (live < this.#live.length || stated < this.#stated.length) {
      const mine = this.#live[live];
      const theirs = this.#stated[stated];
      if (mine !== undefined && mine === theirs) {
        this.#merge(stated);
        live += 1;
        stated += 1;
      } else if (mine !== undefined && theirs !== undefined && this.#waits(mine)) {
        live += 1;
      } else if (mine !== undefined && !this.#isStated.has(mine)) {
        this.#merged.push(this.before[live]);
        live += 1;
      } else {
        if (mine !== undefined && this.#done.has(mine)) live += 1;
        if (theirs !== undefined) {
          this.#merge(stated);
          stated += 1;
        }
      }
    }
    return this.#merged;
  }

  /** Of both, but not the next one of both. */
  #waits(element: string): boolean {
    return this.#isStated.has(element) && this.#shared.length > 0 && this.#shared[0] !== element;
  }

  #merge(index: number): void {
    const element = this.#stated[index] ?? '';
    this.#merged.push(mergeApplied(this.type.items, this.#items.get(element), this.stated[index]));
    this.#done.add(element);
    if (this.#shared[0] === element) this.#shared.shift();
  }
}
