import type { Comparison } from './compare-objects.js';
import type { TrackedFields } from './tracked-fields.js';

/** A version in which the object of a write can be looked at, too. */
export interface OtherVersion {
  readonly definition: string;
  readonly tracked: TrackedFields;
  /** The object as it is there. Does not change what it is given. */
  convert(object: object): object;
  /** And back. */
  convertBack(object: object): object;
}

/** Undefined for the version of the write itself, and for one that is not known. */
export type FindVersion = (apiVersion: string) => OtherVersion | undefined;

/** What a write comes to, in the field names of a version. */
export type ComparisonIn = (apiVersion: string) => Comparison | undefined;

/**
 * Fields are owned under the names of the version that they were written in,
 * so what a write changes is worked out anew for each version that occurs.
 */
export function comparisonIn(
  own: Comparison | undefined,
  findVersion: FindVersion | undefined,
  compareThere: (version: OtherVersion) => Comparison | undefined,
): ComparisonIn {
  if (findVersion === undefined) return () => own;
  const known = new Map<string, Comparison | undefined>();
  return (apiVersion) => {
    const version = findVersion(apiVersion);
    if (version === undefined) return own;
    if (!known.has(apiVersion)) known.set(apiVersion, compareThere(version));
    return known.get(apiVersion);
  };
}
