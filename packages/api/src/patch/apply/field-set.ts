import { compareElements } from './path-element.js';

/**
 * A set of fields of an object, in the very form in which managedFields carry
 * it (FieldsV1): a tree of JSON objects whose keys are path elements (see
 * path-element.ts). A node is a member of the set where it has no keys, or
 * has the key ".". Nothing is parsed or encoded, and what does not change is
 * shared. The empty set is `undefined`. Nodes are never changed.
 * Reference: KEP-555 and the FieldsV1 type.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** Says, as a key, that the node itself is a member. */
export const SELF = '.';

/** A member that has nothing below it. */
export const LEAF: FieldSet = Object.freeze({});

type Children = Record<string, FieldSet>;

export function isLeaf(node: FieldSet): boolean {
  for (const _element in node) return false;
  return true;
}

export function isMember(node: FieldSet): boolean {
  return SELF in node || isLeaf(node);
}

/** A node with these children, which it takes over; undefined where it would be nothing. */
export function nodeOf(children: Record<string, FieldSet> | undefined, member: boolean): FieldSet | undefined {
  if (children === undefined) return member ? LEAF : undefined;
  if (member) children[SELF] = LEAF;
  return sorted(children);
}

/** The set whose one member lies at the end of these elements. */
export function singleton(...elements: readonly string[]): FieldSet {
  return elements.reduceRight<FieldSet>((node, element) => ({ [element]: node }), LEAF);
}

/** Is `a` itself where it holds all of `b`. */
export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (b === undefined || a === b) return a;
  return a === undefined ? b : unionNodes(a, b);
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isLeaf(a)) return withSelf(b);
  if (isLeaf(b)) return withSelf(a);
  let result: Children | undefined;
  let grew = false;
  for (const element in b) {
    const mine = a[element];
    const theirs = b[element] as FieldSet;
    const merged = mine === undefined || element === SELF ? theirs : unionNodes(mine, theirs);
    if (merged === mine || (element === SELF && mine !== undefined)) continue;
    result ??= { ...a };
    result[element] = merged;
    grew ||= mine === undefined;
  }
  if (result === undefined) return a;
  return grew ? sorted(result) : result;
}

function withSelf(node: FieldSet): FieldSet {
  return isMember(node) ? node : { [SELF]: LEAF, ...node };
}

/** The members of `a` that are not members of `b`. What is below a member of `b` stays. Is `a` itself where nothing goes. */
export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  return a === undefined || b === undefined ? a : subtract(a, b, false);
}

/** As {@link difference}, and what is below a member of `b` goes too. */
export function recursiveDifference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  return a === undefined || b === undefined ? a : subtract(a, b, true);
}

function subtract(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  if (a === b && !recursive) return undefined;
  const selfGoes = isMember(b);
  if (selfGoes && (recursive || isLeaf(a))) return undefined;
  if (isLeaf(a)) return a;
  let result: Children | undefined;
  if (selfGoes && SELF in a) {
    result = { ...a };
    delete result[SELF];
  }
  for (const element in b) {
    const mine = a[element];
    if (mine === undefined || element === SELF) continue;
    const left = subtract(mine, b[element] as FieldSet, recursive);
    if (left === mine) continue;
    result ??= { ...a };
    if (left === undefined) delete result[element];
    else result[element] = left;
  }
  return result === undefined ? a : tidy(result);
}

/** What removal has left of a node: its own membership alone is a leaf, nothing is nothing. */
function tidy(children: Children): FieldSet | undefined {
  let others = 0;
  let member = false;
  for (const element in children) {
    if (element === SELF) member = true;
    else others += 1;
  }
  if (others > 0) return children;
  return member ? LEAF : undefined;
}

/** The members that both have. */
export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  return a === undefined || b === undefined ? undefined : intersectNodes(a, b);
}

function intersectNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a;
  let children: Children | undefined;
  for (const element in b) {
    const mine = a[element];
    if (mine === undefined || element === SELF) continue;
    const both = intersectNodes(mine, b[element] as FieldSet);
    if (both === undefined) continue;
    children ??= {};
    children[element] = both;
  }
  return nodeOf(children, isMember(a) && isMember(b));
}

/** Calls back with the path of every member, parents first. */
export function forEachMember(
  set: FieldSet | undefined,
  visit: (path: readonly string[]) => void,
  path: readonly string[] = [],
): void {
  if (set === undefined) return;
  if (isMember(set)) visit(path);
  for (const element in set) if (element !== SELF) forEachMember(set[element], visit, [...path, element]);
}

/** Only what is at or below one of the paths; `*` stands for any element. */
export function restrict(set: FieldSet | undefined, paths: readonly (readonly string[])[]): FieldSet | undefined {
  if (set === undefined || paths.some((path) => path.length === 0)) return set;
  let children: Children | undefined;
  for (const element in set) {
    const below = paths.filter(([first]) => first === element || first === '*').map(([, ...rest]) => rest);
    const kept = below.length === 0 ? undefined : restrict(set[element], below);
    if (kept === undefined) continue;
    children ??= {};
    children[element] = kept;
  }
  return nodeOf(children, false);
}

/** In Kubernetes' order: the node itself, then fields, keys, values and indexes, each by their content. */
function sorted(children: Children): FieldSet {
  const elements = Object.keys(children);
  if (isSorted(elements)) return children;
  const ordered: Children = {};
  for (const element of elements.sort(compareElements)) ordered[element] = children[element] as FieldSet;
  return ordered;
}

function isSorted(elements: readonly string[]): boolean {
  for (let i = 1; i < elements.length; i++) {
    if (compareElements(elements[i - 1] as string, elements[i] as string) > 0) return false;
  }
  return true;
}
