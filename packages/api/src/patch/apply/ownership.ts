import { difference, type FieldSet, intersection, union } from './field-set.js';
import { isSameManager, type Manager, type ManagerIdentity } from './managers.js';
import type { ComparisonIn } from './versions.js';

/** Fields that another manager owns and that this write would change. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** What applying would take from others. */
export function findConflicts(
  managers: readonly Manager[],
  self: ManagerIdentity,
  comparison: ComparisonIn,
): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const manager of managers) {
    if (isSameManager(manager, self)) continue;
    const fields = intersection(manager.fields, comparison(manager.apiVersion)?.changed);
    if (fields !== undefined) conflicts.push({ manager, fields });
  }
  return conflicts;
}

/** The managers after a write by `self`: what it changed or removed is theirs no more. Its own entry is left alone. */
export function releaseFields(
  managers: readonly Manager[],
  self: ManagerIdentity,
  comparison: ComparisonIn,
): Manager[] {
  return managers.map((manager) => {
    const there = isSameManager(manager, self) ? undefined : comparison(manager.apiVersion);
    if (there === undefined) return manager;
    const fields = difference(difference(manager.fields, there.changed), there.removed);
    return fields === manager.fields ? manager : { ...manager, fields, entry: undefined };
  });
}

/** The managers with those fields given to `self`, at that time. */
export function takeFields(
  managers: readonly Manager[],
  self: ManagerIdentity,
  fields: FieldSet | undefined,
  time: string | undefined,
): Manager[] {
  const mine: Manager = { ...self, time, fields };
  const others = managers.filter((manager) => !isSameManager(manager, self));
  return fields === undefined ? others : [...others, mine];
}

/** What somebody owns. */
export function ownedByAny(managers: readonly Manager[]): FieldSet | undefined {
  return managers.reduce<FieldSet | undefined>((owned, { fields }) => union(owned, fields), undefined);
}
