import { isObject } from '../../decode/convert-value.js';
import type { ApplyType, ListType, MapType, StructType } from './apply-type.js';
import { type FieldSet, isMember, LEAF, nodeOf, SELF } from './field-set.js';
import { indexElements } from './list-elements.js';
import { fieldElement } from './path-element.js';

/**
 * The fields that an applied configuration states: its leaves, the elements of
 * its lists, and what it gives as empty or null. Structs on the way to them
 * are not members.
 */
export function fieldSetOf(type: ApplyType, value: unknown): FieldSet | undefined {
  if (type.isAtomic) return LEAF;
  if (type.shape === 'list') return Array.isArray(value) ? elementsOf(type, value) : undefined;
  if (type.shape === 'struct' || type.shape === 'map') return isObject(value) ? membersOf(type, value) : undefined;
  return LEAF;
}

function membersOf(type: StructType | MapType, value: Record<string, unknown>): FieldSet | undefined {
  let children: Record<string, FieldSet> | undefined;
  for (const name of Object.keys(value)) {
    const fieldType = type.shape === 'map' ? type.values : type.fields.get(name)?.type;
    const field = value[name];
    if (fieldType === undefined || field === undefined) continue;
    const below = fieldSetOf(fieldType, field);
    const isEmpty = field === null || (isObject(field) && Object.keys(field).length === 0);
    const set = isEmpty || type.shape === 'map' ? withSelf(below) : below;
    if (set === undefined) continue;
    children ??= {};
    children[fieldElement(name)] = set;
  }
  return nodeOf(children, false);
}

function elementsOf(type: ListType, list: readonly unknown[]): FieldSet | undefined {
  let children: Record<string, FieldSet> | undefined;
  for (const [element, items] of indexElements(type, list)) {
    children ??= {};
    // One that is repeated is owned as a whole.
    children[element] = items.length > 1 ? LEAF : withSelf(fieldSetOf(type.items, items[0]));
  }
  return nodeOf(children, false);
}

function withSelf(set: FieldSet | undefined): FieldSet {
  if (set === undefined) return LEAF;
  return isMember(set) ? set : { [SELF]: LEAF, ...set };
}
