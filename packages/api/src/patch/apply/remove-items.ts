import { isObject } from '../../decode/convert-value.js';
import { setOwn } from '../../set-own.js';
import type { ApplyType, ListType, MapType, StructType } from './apply-type.js';
import { type FieldSet, isMember } from './field-set.js';
import { elementOrUndefined } from './list-elements.js';
import { fieldElement } from './path-element.js';

/**
 * A value without the members of a set. What has nothing left in it becomes
 * null, which says that it was there; atomic values go as a whole or stay.
 * Shares with `value` what stays as it is.
 */
export function removeItems(type: ApplyType, value: unknown, set: FieldSet | undefined): unknown {
  if (set === undefined) return value;
  if (type.shape === 'scalar' || type.shape === 'any') return value;
  if (type.isAtomic) return null;
  if (type.shape === 'list') return Array.isArray(value) ? removeElements(type, value, set) : null;
  return isObject(value) ? removeMembers(type, value, set) : null;
}

function removeMembers(type: StructType | MapType, value: Record<string, unknown>, set: FieldSet): unknown {
  const kept: Record<string, unknown> = {};
  let isEmpty = true;
  for (const name of Object.keys(value)) {
    const node = set[fieldElement(name)];
    if (node !== undefined && isMember(node)) continue;
    const fieldType = type.shape === 'map' ? type.values : type.fields.get(name)?.type;
    const field = value[name];
    setOwn(kept, name, node === undefined || fieldType === undefined ? field : removeItems(fieldType, field, node));
    isEmpty = false;
  }
  return isEmpty ? null : kept;
}

function removeElements(type: ListType, list: readonly unknown[], set: FieldSet): unknown {
  const kept: unknown[] = [];
  for (const item of list) {
    const element = elementOrUndefined(type, item);
    const node = element === undefined ? undefined : set[element];
    if (node !== undefined && isMember(node)) continue;
    kept.push(node === undefined ? item : removeItems(type.items, item, node));
  }
  return kept.length === 0 ? null : kept;
}
