import { ApiError } from '@kubelab/api';

/**
 * The one place that knows what a resourceVersion is: etcd's revision times 64,
 * plus the write's position in its transaction. Several writes may share a
 * transaction, and so a revision; this keeps the version of each distinct, and
 * in the order in which etcd applied them.
 */

/** An etcd revision: one for each transaction of the whole store, ascending. */
export type Revision = number;

/** The number behind a resourceVersion: one for each write of the whole store, ascending. */
export type VersionNumber = number;

/** How many writes a transaction may hold. */
export const POSITIONS_PER_REVISION = 64;

const MAX_VERSION = 2n ** 64n - 1n;

/** Of the write at `position` (0 where it was alone) of the transaction that made `revision`. */
export function versionNumber(revision: Revision, position = 0): VersionNumber {
  return revision * POSITIONS_PER_REVISION + position;
}

/** Of a snapshot of the store at `revision`: not before any write of it. */
export function lastVersionNumber(revision: Revision): VersionNumber {
  return versionNumber(revision, POSITIONS_PER_REVISION - 1);
}

export function revisionOf(number: VersionNumber): Revision {
  return Math.floor(number / POSITIONS_PER_REVISION);
}

export function positionOf(number: VersionNumber): number {
  return number % POSITIONS_PER_REVISION;
}

export function versionOf(number: VersionNumber): string {
  return String(number);
}

/**
 * The version of one of several deletions that share a place: of objects whose
 * common lease ran out. Only the last carries the number itself; who stops
 * after one of the others resumes before it, and is told of all of them again
 * rather than missing the rest.
 */
export function versionInGroup(number: VersionNumber, isLast: boolean): string {
  return versionOf(isLast ? number : number - 1);
}

/** Everything up to this number is known to whoever was delivered `version`. @throws ApiError BadRequest */
export function parseVersion(version: string): VersionNumber {
  const why = !/^[0-9]+$/.test(version)
    ? 'invalid syntax'
    : version.length > 15 && BigInt(version) > MAX_VERSION
      ? 'value out of range'
      : undefined;
  if (why === undefined) return Number(version);
  const quoted = JSON.stringify(version);
  throw new ApiError(
    'BadRequest',
    `invalid resource version: resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`,
  );
}

/** Negative where `a` is older than `b`, 0 where they are the same. @throws ApiError BadRequest */
export function compareVersions(a: string, b: string): number {
  return parseVersion(a) - parseVersion(b);
}
