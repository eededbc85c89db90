import { isObject } from '../../decode/convert-value.js';
import { deepEqual } from '../../deep-equal.js';
import type { ApplyType, ListType, MapType, StructField, StructType } from './apply-type.js';
import { type FieldSet, isMember, LEAF, nodeOf, SELF } from './field-set.js';
import { elementOrUndefined, indexElements, isSameElement } from './list-elements.js';
import { fieldElement } from './path-element.js';

/** What one state of an object has that another has not. */
export interface Comparison {
  /** Fields that are new or have another value. */
  readonly changed: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

const CHANGED: Comparison = { changed: LEAF, removed: undefined };
const EMPTY_OBJECT: Record<string, unknown> = Object.freeze({});
const EMPTY_LIST: readonly unknown[] = Object.freeze([]);

/**
 * Compares two states of an object as they are stored. Undefined where they
 * are the same, which is found without building anything.
 */
export function compareObjects(type: StructType, before: object, after: object): Comparison | undefined {
  return asStored.compareMembers(type, before as Record<string, unknown>, after as Record<string, unknown>);
}

/**
 * As {@link compareObjects}, where `after` is what applying made of `before`
 * and is not stored yet: a list or map that a configuration states to be empty
 * is something.
 */
export function compareApplied(type: StructType, before: object, after: object): Comparison | undefined {
  return asStated.compareMembers(type, before as Record<string, unknown>, after as Record<string, unknown>);
}

class Comparer {
  constructor(readonly emptyIsAbsent: boolean) {}

  compareMembers(
    type: StructType | MapType,
    before: Record<string, unknown>,
    after: Record<string, unknown>,
  ): Comparison | undefined {
    let building: Building | undefined;
    const compareMember = (name: string) => {
      const was = Object.hasOwn(before, name) ? before[name] : undefined;
      const is = Object.hasOwn(after, name) ? after[name] : undefined;
      if (was === is) return;
      const field = type.shape === 'map' ? { type: type.values, alwaysPresent: false } : type.fields.get(name);
      const comparison = field && this.#compareField(field, was, is);
      if (comparison === undefined) return;
      building ??= new Building();
      building.add(fieldElement(name), comparison);
    };
    for (const name in after) compareMember(name);
    for (const name in before) if (!Object.hasOwn(after, name)) compareMember(name);
    return building?.result();
  }

  #compareField({ type, alwaysPresent }: StructField, was: unknown, is: unknown): Comparison | undefined {
    const wasThere = alwaysPresent || this.#isThere(type, was);
    const isNow = alwaysPresent || this.#isThere(type, is);
    if (wasThere && isNow) return this.#compareValues(type, was ?? absent(type), is ?? absent(type));
    if (isNow) return { changed: this.#everythingOf(type, is), removed: undefined };
    return wasThere ? { changed: undefined, removed: this.#everythingOf(type, was) } : undefined;
  }

  #compareValues(type: ApplyType, before: unknown, after: unknown): Comparison | undefined {
    if (before === after) return undefined;
    if (type.isAtomic) return deepEqual(before, after) ? undefined : CHANGED;
    if (type.shape === 'list') return this.#compareLists(type, listOf(before), listOf(after));
    if (type.shape === 'struct' || type.shape === 'map') {
      return this.compareMembers(type, objectOf(before), objectOf(after));
    }
    return CHANGED;
  }

  /** A list or map without elements is not encoded, so that it is as good as absent once it is stored. */
  #isThere(type: ApplyType, value: unknown): boolean {
    if (value === undefined) return false;
    if (!this.emptyIsAbsent) return true;
    if (type.shape === 'list') return !Array.isArray(value) || value.length > 0;
    return type.shape !== 'map' || !isObject(value) || Object.keys(value).length > 0;
  }

  #compareLists(type: ListType, before: readonly unknown[], after: readonly unknown[]): Comparison | undefined {
    return inSameOrder(type, before, after)
      ? this.#comparePairs(type, before, after)
      : this.#compareIndexed(type, before, after);
  }

  /** By far the most frequent: the same elements in the same order. */
  #comparePairs(type: ListType, before: readonly unknown[], after: readonly unknown[]): Comparison | undefined {
    let building: Building | undefined;
    for (const [index, item] of after.entries()) {
      const comparison = this.#compareValues(type.items, before[index], item);
      const element = comparison && elementOrUndefined(type, item);
      if (element === undefined || comparison === undefined) continue;
      building ??= new Building();
      building.add(element, comparison);
    }
    return building?.result();
  }

  #compareIndexed(type: ListType, before: readonly unknown[], after: readonly unknown[]): Comparison | undefined {
    const building = new Building();
    const was = indexElements(type, before);
    const is = indexElements(type, after);
    for (const [element, items] of is) building.add(element, this.#compareElements(type, was.get(element), items));
    for (const [element, items] of was) {
      if (!is.has(element)) building.add(element, this.#compareElements(type, items, undefined));
    }
    return building.result();
  }

  /** One that a list repeats is compared as a whole. */
  #compareElements(
    type: ListType,
    was: readonly unknown[] | undefined,
    is: readonly unknown[] | undefined,
  ): Comparison | undefined {
    const isSingle = (was?.length ?? 1) === 1 && (is?.length ?? 1) === 1;
    const whole = (item: unknown): FieldSet => (isSingle ? this.#everythingOf(type.items, item) : LEAF);
    if (was === undefined) return { changed: whole(is?.[0]), removed: undefined };
    if (is === undefined) return { changed: undefined, removed: whole(was[0]) };
    if (isSingle) return this.#compareValues(type.items, was[0], is[0]);
    return deepEqual(was, is) ? undefined : CHANGED;
  }

  /** Every path of a value that is on one side only, its own included. */
  #everythingOf(type: ApplyType, value: unknown): FieldSet {
    if (type.isAtomic) return LEAF;
    const building = new Building();
    if (type.shape === 'list') {
      for (const [element, items] of indexElements(type, listOf(value))) {
        building.add(element, this.#compareElements(type, undefined, items));
      }
    } else if (type.shape === 'struct' || type.shape === 'map') {
      for (const [name, field] of Object.entries(objectOf(value))) {
        const fieldType = type.shape === 'map' ? type.values : type.fields.get(name)?.type;
        if (fieldType === undefined || !this.#isThere(fieldType, field)) continue;
        building.add(fieldElement(name), { changed: this.#everythingOf(fieldType, field), removed: undefined });
      }
    }
    return withSelf(building.result()?.changed);
  }
}

function absent(type: ApplyType): unknown {
  return type.shape === 'list' ? EMPTY_LIST : EMPTY_OBJECT;
}

function inSameOrder(type: ListType, before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && after.every((item, index) => isSameElement(type, before[index], item));
}

function withSelf(set: FieldSet | undefined): FieldSet {
  if (set === undefined) return LEAF;
  return isMember(set) ? set : { [SELF]: LEAF, ...set };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : EMPTY_LIST;
}

function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : EMPTY_OBJECT;
}

/** Gathers what the children of a node come to. */
class Building {
  #changed: Record<string, FieldSet> | undefined;
  #removed: Record<string, FieldSet> | undefined;

  add(element: string, comparison: Comparison | undefined): void {
    if (comparison?.changed !== undefined) {
      this.#changed ??= {};
      this.#changed[element] = comparison.changed;
    }
    if (comparison?.removed !== undefined) {
      this.#removed ??= {};
      this.#removed[element] = comparison.removed;
    }
  }

  result(): Comparison | undefined {
    if (this.#changed === undefined && this.#removed === undefined) return undefined;
    return { changed: nodeOf(this.#changed, false), removed: nodeOf(this.#removed, false) };
  }
}

const asStored = new Comparer(true);
const asStated = new Comparer(false);
