import { isObject } from '../../decode/convert-value.js';
import type { ListType } from './apply-type.js';
import { keyElement, valueElement } from './path-element.js';

/** An element that cannot be told from others, worded as Kubernetes words it. */
export class ElementError extends Error {
  override readonly name = 'ElementError';
}

/**
 * The path element of an element of a list that is not atomic.
 * @throws ElementError where it has no key, or is none that the list may hold
 */
export function elementOf(type: ListType, item: unknown): string {
  return type.keys === undefined ? elementOfSet(item) : elementWithKeys(type, item);
}

function elementWithKeys({ keys = [] }: ListType, item: unknown): string {
  if (item === null) throw new ElementError('associative list with keys may not have a null element');
  if (!isObject(item)) throw new ElementError('associative list with keys may not have non-map elements');
  const values: Record<string, unknown> = {};
  for (const { name, fallback } of keys) {
    const value = Object.hasOwn(item, name) ? item[name] : fallback;
    if (value === undefined) {
      throw new ElementError(
        `associative list with keys has an element that omits key field ${JSON.stringify(name)} (and doesn't have default value)`,
      );
    }
    values[name] = value;
  }
  return keyElement(values);
}

function elementOfSet(item: unknown): string {
  if (isObject(item)) throw new ElementError("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new ElementError('not supported: associative list with lists as elements');
  if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null");
  return valueElement(item);
}

/** As {@link elementOf} for a list that was checked; undefined for an element without keys, which nobody can own. */
export function elementOrUndefined(type: ListType, item: unknown): string | undefined {
  try {
    return elementOf(type, item);
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}

/** Whether both elements are the same one of the list, told without building their path elements. */
export function isSameElement({ keys }: ListType, a: unknown, b: unknown): boolean {
  if (keys === undefined) return a === b;
  if (!isObject(a) || !isObject(b)) return false;
  return keys.every(({ name, fallback }) => (a[name] ?? fallback) === (b[name] ?? fallback));
}

/** The elements by their path elements, in order; several where the list repeats one. */
export function indexElements(type: ListType, list: readonly unknown[]): Map<string, unknown[]> {
  const index = new Map<string, unknown[]>();
  for (const item of list) {
    const element = elementOrUndefined(type, item);
    if (element === undefined) continue;
    const same = index.get(element);
    if (same === undefined) index.set(element, [item]);
    else same.push(item);
  }
  return index;
}
