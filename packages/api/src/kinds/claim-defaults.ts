import type { PersistentVolumeClaimSpec } from '../generated/types.js';
import { canonicalizeList } from './canonical-amounts.js';

/** Of a claim, and of the templates of claims (StatefulSets, ephemeral volumes). */
export function setClaimSpecDefaults(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
  // The gate CrossNamespaceVolumeDataSource is off in v1.34: a source elsewhere is none.
  if (spec.dataSourceRef?.namespace) delete spec.dataSourceRef;
  canonicalizeList(spec.resources?.limits);
  canonicalizeList(spec.resources?.requests);
}
