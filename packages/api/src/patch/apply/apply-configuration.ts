import { deepEqual } from '../../deep-equal.js';
import type { ManagedFieldsEntry } from '../../generated/types.js';
import type { KubernetesObject } from '../../object.js';
import { applyTypeOf, type StructType } from './apply-type.js';
import { compareApplied } from './compare-objects.js';
import { applyConflict, withoutAllowed } from './conflicts.js';
import { fieldsLastApplied, KUBECTL_MANAGER, renewLastApplied } from './last-applied.js';
import { encodeManagers, isSameManager, type Manager, type ManagerIdentity, readManagers } from './managers.js';
import { mergeApplied } from './merge-applied.js';
import { findConflicts, ownedByAny, releaseFields, takeFields } from './ownership.js';
import { prune, restoreOwned } from './prune.js';
import { fieldSetOf } from './to-field-set.js';
import { compareTracked, type TrackedWrite, trackedComparison, updateManagers } from './track-update.js';
import { trackedPart, trackedTypeOf } from './tracked-fields.js';
import { comparisonIn } from './versions.js';

export interface Application extends TrackedWrite {
  /** Take what others own. */
  readonly force: boolean;
  /** How conflicts name the version of others' entries, where they are shown as those of a subresource. Default: their own. */
  readonly shownApiVersion?: string;
}

export interface Applied {
  /** The live object with the configuration in it. May hold nulls and shares with both. */
  readonly object: KubernetesObject;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

/** Who owns what was there before the first apply. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

/**
 * Server-side apply (KEP-555). `config` has passed `checkApplied`; `live` is
 * undefined where there is no object yet. Neither is changed.
 * @throws ApiError Conflict, with one cause for each field that another manager owns
 */
export function applyConfiguration(
  application: Application,
  live: KubernetesObject | undefined,
  config: KubernetesObject,
): Applied {
  const managers = managersBefore(application, live);
  const { definition, manager, apiVersion, subresource, tracked } = application;
  const type = applyTypeOf(definition);
  const self: ManagerIdentity = { manager, operation: 'Apply', apiVersion, subresource };
  const base = live ?? {};
  const last = managers.find((one) => isSameManager(one, self));
  const stated = trackedPart(fieldSetOf(type, config), tracked);
  const owning = takeFields(managers, self, stated, last?.time);
  const merged = mergeApplied(type, base, config);
  const object = pruneIn(application, type, merged, last, owning) as KubernetesObject;
  const comparison = trackedComparison(tracked, compareApplied(trackedTypeOf(definition, tracked), base, object));
  const there = comparisonIn(comparison, application.findVersion, (version) =>
    trackedComparison(
      version.tracked,
      compareApplied(
        trackedTypeOf(version.definition, version.tracked),
        version.convert(base),
        version.convert(object),
      ),
    ),
  );
  checkConflicts(application, live, findConflicts(owning, self, there));
  const released = releaseFields(owning, self, there);
  const isChanged = !deepEqual(object, base);
  const after = isChanged
    ? released.map((one) => (isSameManager(one, self) ? { ...one, time: application.time, entry: undefined } : one))
    : released;
  if (manager === KUBECTL_MANAGER) renewLastApplied(object, config);
  return { object, managedFields: encodeManagers(after) };
}

/**
 * What was applied last is pruned in the version that it was applied in, where
 * it has the names that are remembered; then each version gives back what is owned in it.
 */
function pruneIn(
  { apiVersion, findVersion }: Application,
  type: StructType,
  merged: unknown,
  last: Manager | undefined,
  owning: readonly Manager[],
): unknown {
  const others = [...new Set([...owning, ...(last ? [last] : [])].map((one) => one.apiVersion))].filter(
    (version) => findVersion?.(version) !== undefined,
  );
  if (others.length === 0) return prune(type, merged, last?.fields, ownedByAny(owning));
  const ownedIn = (version: string) => ownedByAny(owning.filter((one) => one.apiVersion === version));
  const lastIn = findVersion?.(last?.apiVersion ?? '');
  const start = lastIn === undefined ? apiVersion : (last?.apiVersion ?? '');
  const before = lastIn === undefined ? merged : lastIn.convert(merged as object);
  const typeThere = lastIn === undefined ? type : applyTypeOf(lastIn.definition);
  const pruned = prune(typeThere, before, last?.fields, ownedIn(start));
  // Where nothing is taken, nothing is converted there and back either.
  if (deepEqual(pruned, before)) return merged;
  let object = lastIn === undefined ? pruned : lastIn.convertBack(pruned as object);
  if (start !== apiVersion) object = restoreOwned(type, merged, object, ownedIn(apiVersion));
  for (const version of others.filter((one) => one !== start)) {
    const there = findVersion?.(version);
    if (there === undefined) continue;
    const without = there.convert(object as object);
    const whole = there.convert(merged as object);
    const restored = restoreOwned(applyTypeOf(there.definition), whole, without, ownedIn(version));
    if (!deepEqual(restored, without)) object = there.convertBack(restored as object);
  }
  return object;
}

/** An object whose fields were not tracked so far begins with one owner of everything. */
function managersBefore(application: Application, live: KubernetesObject | undefined): readonly Manager[] {
  const managers = readManagers(live?.metadata?.managedFields);
  if (live === undefined || managers.length > 0) return managers;
  const everything = compareTracked(application, {}, live);
  return updateManagers({ ...application, manager: BEFORE_FIRST_APPLY }, [], everything);
}

function checkConflicts(
  { force, manager, definition, shownApiVersion }: Application,
  live: KubernetesObject | undefined,
  conflicts: ReturnType<typeof findConflicts>,
): void {
  if (force || conflicts.length === 0) return;
  const allowed = manager === KUBECTL_MANAGER && live !== undefined ? fieldsLastApplied(definition, live) : undefined;
  const remaining = withoutAllowed(conflicts, allowed);
  if (remaining.length > 0) throw applyConflict(remaining, shownApiVersion);
}
