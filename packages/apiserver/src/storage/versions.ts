import { ApiError } from '@kubelab/api';

/**
 * The one place that knows what a resourceVersion is: etcd's revision, in
 * decimal. Should writes ever be batched (several objects in one revision),
 * their positions become part of the version here and nowhere else.
 */

/** An etcd revision: one for each transaction of the whole store, ascending. */
export type Revision = number;

const VERSION = /^(0|[1-9][0-9]{0,15})$/;

/** The version of an object written at `revision`. */
export function versionOf(revision: Revision): string {
  return String(revision);
}

/**
 * The version of one of several events that share a revision: objects whose
 * common lease ran out. Only the last carries the revision itself; who stops
 * after one of the others resumes before the revision, and is told of the
 * whole of it again rather than missing the rest.
 */
export function versionInGroup(revision: Revision, isLast: boolean): string {
  return versionOf(isLast ? revision : revision - 1);
}

/** Everything up to this revision is known to whoever was delivered `version`. @throws ApiError BadRequest */
export function revisionOf(version: string): Revision {
  if (!VERSION.test(version)) {
    throw new ApiError(
      'BadRequest',
      `resourceVersion: Invalid value: ${JSON.stringify(version)}: must be a version that the server gave`,
    );
  }
  return Number(version);
}

/** Negative where `a` is older than `b`, 0 where they are the same. @throws ApiError BadRequest */
export function compareVersions(a: string, b: string): number {
  return revisionOf(a) - revisionOf(b);
}
