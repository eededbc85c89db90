import {
  ApiError,
  conflict,
  type DeleteOptions,
  type FieldError,
  invalid,
  type Persisted,
  type QualifiedResource,
} from '@kubelab/api';
import { checkUid } from './metadata.js';

/** Finalizers of the garbage collector: who waits for whom. */
export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';

const POLICIES = ['Background', 'Foreground', 'Orphan'];

/** @throws ApiError Invalid */
export function checkDeleteOptions(options: DeleteOptions): void {
  const errors: FieldError[] = [];
  const { propagationPolicy, orphanDependents, dryRun } = options;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push({
      field: 'propagationPolicy',
      type: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(propagationPolicy)}: orphanDependents and deletionPropagation cannot be both set`,
    });
  } else if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    errors.push({
      field: 'propagationPolicy',
      type: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(propagationPolicy)}: supported values: ${POLICIES.map((policy) => `"${policy}"`).join(', ')}`,
    });
  }
  for (const value of dryRun ?? []) {
    if (value === 'All') continue;
    errors.push({
      field: 'dryRun',
      type: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`,
    });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  if ((options.gracePeriodSeconds ?? 0) < 0) {
    throw new ApiError('BadRequest', 'gracePeriodSeconds must not be negative');
  }
}

/** @throws ApiError Conflict when the client means another object, or another version of it. */
export function checkPreconditions(
  resource: QualifiedResource,
  old: Persisted,
  { preconditions }: DeleteOptions,
): void {
  checkUid(resource, old, preconditions?.uid);
  const { name, resourceVersion } = old.metadata;
  const expected = preconditions?.resourceVersion;
  if (!expected || expected === resourceVersion) return;
  throw conflict(
    resource,
    name,
    `Precondition failed: ResourceVersion in precondition: ${expected}, ResourceVersion in object meta: ${resourceVersion}`,
  );
}

/**
 * The finalizers that an object has once its deletion is asked for with these
 * options. `usual` is the kind's own policy, where neither the options nor a
 * finalizer that is there already says.
 */
export function finalizersForDeletion(
  present: readonly string[],
  options: DeleteOptions,
  usual: 'Orphan' | 'Background' = 'Background',
): string[] {
  const decided = present.includes(ORPHAN) || present.includes(FOREGROUND) || usual === 'Background';
  const policy = policyOf(options) ?? (decided ? undefined : usual);
  const others = present.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  switch (policy) {
    case 'Orphan':
      return [...others, ORPHAN];
    case 'Foreground':
      return [...others, FOREGROUND];
    case 'Background':
      return others;
    default:
      return [...present];
  }
}

function policyOf({ propagationPolicy, orphanDependents }: DeleteOptions): string | undefined {
  if (propagationPolicy !== undefined) return propagationPolicy;
  if (orphanDependents === undefined) return undefined;
  return orphanDependents ? 'Orphan' : 'Background';
}
