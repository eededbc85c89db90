import { deepEqual } from '../../deep-equal.js';
import type { ManagedFieldsEntry } from '../../generated/types.js';
import type { KubernetesObject } from '../../object.js';
import { capUpdaters } from './cap-managers.js';
import { type Comparison, compareObjects } from './compare-objects.js';
import { difference, union } from './field-set.js';
import {
  decodeManagers,
  encodeManagers,
  isReset,
  isSameManager,
  type Manager,
  type ManagerIdentity,
  readManagers,
} from './managers.js';
import { releaseFields, takeFields } from './ownership.js';
import { allowedPart, type TrackedFields, trackedTypeOf } from './tracked-fields.js';
import { type ComparisonIn, comparisonIn, type FindVersion } from './versions.js';

/** A write, as far as it matters to who owns what. */
export interface TrackedWrite {
  /** Of the schema, `Deployment`. */
  readonly definition: string;
  /** The field manager, at most 128 printable characters. */
  readonly manager: string;
  /** In which the object was written, `apps/v1`. */
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
  readonly tracked: TrackedFields;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  /** Set where objects of the kind are served in other versions. */
  readonly findVersion?: FindVersion | undefined;
}

/**
 * The managedFields of an object that is created or updated other than by
 * apply: what the write adds or changes becomes its manager's, what it removes
 * is nobody's. `next` may carry managedFields of the client's own.
 * An object whose fields are not tracked stays so, until somebody applies to it.
 */
export function trackUpdate(
  write: TrackedWrite,
  live: KubernetesObject | undefined,
  next: KubernetesObject,
): ManagedFieldsEntry[] | undefined {
  const present = live?.metadata?.managedFields;
  const sent = write.subresource === '' ? next.metadata?.managedFields : undefined;
  const managers = sent === undefined || sent === present ? undefined : readSent(sent, present);
  if (live !== undefined && (managers === undefined ? present === undefined : managers.length === 0)) return undefined;
  const comparison = compareTracked(write, live ?? {}, next);
  if (comparison === undefined && managers === undefined) return present;
  const there = comparisonIn(comparison, write.findVersion, (version) =>
    compareTracked(version, version.convert(live ?? {}), version.convert(next)),
  );
  return encodeManagers(updateManagers(write, managers ?? readManagers(present), comparison, there));
}

/** What a client says of the owners; undefined where it repeats what is there, or what it says cannot be read. */
function readSent(
  sent: readonly ManagedFieldsEntry[],
  present: readonly ManagedFieldsEntry[] | undefined,
): Manager[] | undefined {
  if (isReset(sent)) return [];
  if (deepEqual(sent, present)) return undefined;
  const managers = decodeManagers(sent);
  return managers?.length === 0 ? undefined : managers;
}

/** What the write changes of what it may change. */
export function compareTracked(
  { definition, tracked }: Pick<TrackedWrite, 'definition' | 'tracked'>,
  live: object,
  next: object,
): Comparison | undefined {
  return trackedComparison(tracked, compareObjects(trackedTypeOf(definition, tracked), live, next));
}

/** The part of a comparison that the write may own. */
export function trackedComparison(tracked: TrackedFields, comparison: Comparison | undefined): Comparison | undefined {
  if (comparison === undefined) return undefined;
  const changed = allowedPart(comparison.changed, tracked);
  const removed = allowedPart(comparison.removed, tracked);
  return changed === undefined && removed === undefined ? undefined : { changed, removed };
}

/** The managers after an update that changed so much. */
export function updateManagers(
  { manager, apiVersion, subresource, time }: TrackedWrite,
  managers: readonly Manager[],
  comparison: Comparison | undefined,
  there: ComparisonIn = () => comparison,
): readonly Manager[] {
  if (comparison === undefined) return capUpdaters(managers);
  const self: ManagerIdentity = { manager, operation: 'Update', apiVersion, subresource };
  const released = releaseFields(managers, self, there);
  const mine = managers.find((one) => isSameManager(one, self));
  const kept = difference(mine?.fields, comparison.removed);
  const changedAt = comparison.changed === undefined ? mine?.time : time;
  return capUpdaters(takeFields(released, self, union(kept, comparison.changed), changedAt));
}
