import { isObject } from '../decode/convert-value.js';
import type { PatchStrategy } from '../schema-lists.js';
import { badPatch, checkDirective, dropDirectives, PATCH_DIRECTIVE } from './strategic-directives.js';

type JsonObject = Record<string, unknown>;

/** Merges the patch of one element into that element. */
export type MergeElement = (original: JsonObject, patch: JsonObject) => JsonObject;

/** What identifies an element: its merge key's value, or a scalar itself. */
type Identify = (element: unknown) => unknown;

/** Merges a patch into a list whose strategy is `merge`, and orders it: the patch's order wins. */
export function mergeList(
  strategy: PatchStrategy,
  original: unknown[],
  patch: unknown[],
  mergeElement: MergeElement,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  const { mergeKey } = strategy;
  if (![...original, ...patch].some(isObject)) {
    const merged = [...new Set([...original, ...patch])];
    return sortMerged(merged, patch, original, (element) => element);
  }
  if (mergeKey === undefined) throw badPatch('cannot merge lists without merge key');
  const identify = identifyBy(mergeKey);
  const { kept, remaining } = applyListDirectives(mergeKey, original, patch);
  const merged = mergeElements(identify, kept, remaining, mergeElement);
  return sortMerged(merged, remaining, original, identify);
}

/** A list with `$setElementOrder/LIST`: merged as without, then brought into that order. */
export function orderList(list: {
  strategy: PatchStrategy | undefined;
  before: unknown[] | undefined;
  patched: unknown[] | undefined;
  order: unknown[];
  mergeElement: MergeElement;
}): unknown[] {
  const { strategy, before, patched, order, mergeElement } = list;
  const identify = strategy?.mergeKey === undefined ? (element: unknown) => element : identifyBy(strategy.mergeKey);
  if (patched !== undefined) checkOrder(patched, order, identify);
  return sortMerged(mergeOrdered(strategy, before, patched, mergeElement), order, before ?? [], identify);
}

function mergeOrdered(
  strategy: PatchStrategy | undefined,
  before: unknown[] | undefined,
  patched: unknown[] | undefined,
  mergeElement: MergeElement,
): unknown[] {
  if (patched === undefined) return before ?? [];
  if (before === undefined || strategy?.strategy !== 'merge') return dropDirectives(patched) as unknown[];
  return mergeList(strategy, before, patched, mergeElement);
}

/** `$patch: delete` removes the element of that key; `$patch: replace` anywhere makes the rest of the patch the list. */
function applyListDirectives(
  mergeKey: string,
  original: unknown[],
  patch: unknown[],
): { kept: unknown[]; remaining: unknown[] } {
  const remaining: unknown[] = [];
  let kept = original;
  let isReplaced = false;
  for (const element of patch) {
    if (!isObject(element)) throw badPatch(`expected an object in a list merged by ${mergeKey}`);
    if (!Object.hasOwn(element, PATCH_DIRECTIVE)) {
      remaining.push(element);
      continue;
    }
    const directive = checkDirective(element[PATCH_DIRECTIVE], element);
    if (directive === 'merge') throw badPatch('merging lists cannot yet be specified in the patch');
    if (directive === 'replace') {
      isReplaced = true;
    } else {
      const key = keyOf(element, mergeKey);
      kept = kept.filter((candidate) => !isObject(candidate) || candidate[mergeKey] !== key);
    }
  }
  return { kept: isReplaced ? [] : kept, remaining };
}

function mergeElements(
  identify: Identify,
  original: unknown[],
  patch: unknown[],
  mergeElement: MergeElement,
): unknown[] {
  const merged = [...original];
  const places = placesOf(merged, identify);
  for (const element of patch) {
    const key = identify(element);
    const place = places.get(key);
    if (place === undefined) {
      const cleaned = dropDirectives(element);
      if (cleaned !== undefined) places.set(key, merged.push(cleaned) - 1);
    } else {
      merged[place] = mergeElement(merged[place] as JsonObject, element as JsonObject);
    }
  }
  return merged;
}

/**
 * The elements that the patch's order names, in that order, with the others
 * put in between: each keeps its place relative to those that the live list
 * had after it.
 */
function sortMerged(merged: unknown[], order: unknown[], live: unknown[], identify: Identify): unknown[] {
  const orderPlaces = placesOf(order, identify);
  const livePlaces = placesOf(live, identify);
  const place = (places: Map<unknown, number>, element: unknown) => places.get(identify(element)) ?? -1;
  const ordered = merged.filter((element) => orderPlaces.has(identify(element)));
  ordered.sort((a, b) => place(orderPlaces, a) - place(orderPlaces, b));
  const others = merged.filter((element) => !orderPlaces.has(identify(element)));
  others.sort((a, b) => place(livePlaces, a) - place(livePlaces, b));
  const result: unknown[] = [];
  let next = 0;
  for (const element of ordered) {
    const here = place(livePlaces, element);
    while (next < others.length && isBefore(place(livePlaces, others[next]), here)) result.push(others[next++]);
    result.push(element);
  }
  return result.concat(others.slice(next));
}

/** Both must be in the live list to be compared. */
function isBefore(left: number, right: number): boolean {
  return left >= 0 && right >= 0 && left < right;
}

function placesOf(list: unknown[], identify: Identify): Map<unknown, number> {
  const places = new Map<unknown, number>();
  list.forEach((element, index) => {
    const key = identify(element);
    if (!places.has(key)) places.set(key, index);
  });
  return places;
}

/** The patch's elements must come in the order that the directive states. */
function checkOrder(patched: unknown[], order: unknown[], identify: Identify): void {
  const remaining = patched.filter((element) => !isObject(element) || !Object.hasOwn(element, PATCH_DIRECTIVE));
  let matched = 0;
  for (const element of order) {
    if (matched < remaining.length && identify(element) === identify(remaining[matched])) matched++;
  }
  if (matched < remaining.length) {
    throw badPatch(
      `The order in patch list:\n${JSON.stringify(patched)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}\n`,
    );
  }
}

function identifyBy(mergeKey: string): Identify {
  return (element) => {
    if (!isObject(element)) throw badPatch(`expected an object in a list merged by ${mergeKey}`);
    return keyOf(element, mergeKey);
  };
}

function keyOf(element: JsonObject, mergeKey: string): unknown {
  if (Object.hasOwn(element, mergeKey)) return element[mergeKey];
  throw badPatch(`map: ${JSON.stringify(element)} does not contain declared merge key: ${mergeKey}`);
}
