import type { ApplyType, StructType } from './apply-type.js';
import { difference, type FieldSet, intersection, LEAF, nodeOf, SELF, union } from './field-set.js';
import { removeItems } from './remove-items.js';
import { fieldSetOf } from './to-field-set.js';

/** Metadata is never taken from an object, whoever may have applied what is in it. */
const METADATA: FieldSet = { 'f:metadata': LEAF };

/**
 * Takes from `merged` what its manager applied last time (`last`), does not
 * apply any more, and nobody owns now. `owned`: what all managers own, the new
 * configuration included.
 */
export function prune(
  type: StructType,
  merged: unknown,
  last: FieldSet | undefined,
  owned: FieldSet | undefined,
): unknown {
  // All that was applied last time is somebody's now: there is nothing to take.
  if (difference(last, owned) === undefined) return merged;
  const lastWithNames = withNamedFields(type, last);
  const ownedWithNames = union(withNamedFields(type, owned), METADATA);
  const present = withNamedFields(type, fieldSetOf(type, merged));
  const presentWithout = (value: unknown) => withNamedFields(type, fieldSetOf(type, value));
  const withoutLast = removeItems(type, merged, lastWithNames);
  // What others own, or the new configuration states, is added back …
  const unowned = difference(present, union(presentWithout(withoutLast), ownedWithNames));
  const withOwned = removeItems(type, merged, unowned);
  // … and what went along with it, though it was never this manager's.
  const gone = intersection(difference(present, presentWithout(withOwned)), lastWithNames);
  return removeItems(type, merged, gone);
}

/** `merged` without what `pruned` has not, but for what is owned. */
export function restoreOwned(type: StructType, merged: unknown, pruned: unknown, owned: FieldSet | undefined): unknown {
  const present = withNamedFields(type, fieldSetOf(type, merged));
  const kept = union(withNamedFields(type, fieldSetOf(type, pruned)), union(withNamedFields(type, owned), METADATA));
  return removeItems(type, merged, difference(present, kept));
}

/** The set and every field of a struct that has members below it: owning what is in a struct is owning the struct. */
function withNamedFields(type: ApplyType | undefined, set: FieldSet | undefined): FieldSet | undefined {
  if (set === undefined || type === undefined || type.isAtomic) return set;
  let children: Record<string, FieldSet> | undefined;
  for (const element in set) {
    const child = set[element] as FieldSet;
    if (element === SELF) continue;
    const below = withNamedFields(typeBelow(type, element), child) as FieldSet;
    const named = type.shape === 'struct' && element.startsWith('f:') ? (union(below, LEAF) as FieldSet) : below;
    if (named === child) continue;
    children ??= { ...set };
    children[element] = named;
  }
  return children === undefined ? set : nodeOf(children, SELF in set);
}

function typeBelow(type: ApplyType, element: string): ApplyType | undefined {
  if (type.shape === 'struct') return type.fields.get(element.slice(2))?.type;
  if (type.shape === 'map') return type.values;
  return type.shape === 'list' ? type.items : undefined;
}
