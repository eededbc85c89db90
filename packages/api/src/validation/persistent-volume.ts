import type { FieldError } from '../errors.js';
import type { PersistentVolume, PersistentVolumeSpec, VolumeNodeAffinity } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { quantityValue } from '../quantity/quantity.js';
import { VOLUME_MODES, validateAccessModes } from './access-modes.js';
import { forbidden, invalidEach, invalidValue, notSupported, required } from './field-error.js';
import { checkDnsSubdomain } from './names.js';
import { validateNodeSelector } from './node-selector.js';
import { validateQuantity } from './pod/resources.js';
import { semanticEqual } from './semantic-equal.js';
import { immutableField } from './values.js';
import { volumeSourceDiff } from './volume-source-diff.js';
import { validateVolumeSources, volumeSourceOf } from './volume-sources.js';

type Spec = DeepReadonly<PersistentVolumeSpec>;
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const INLINE = 'in the context of inline volumes';

export function validatePersistentVolume({ spec = {} }: DeepReadonly<PersistentVolume>): FieldError[] {
  const path = 'spec';
  const {
    capacity,
    persistentVolumeReclaimPolicy: policy = '',
    nodeAffinity,
    volumeMode,
    storageClassName = '',
  } = spec;
  const errors = [...validateModes(spec, path), ...validateCapacity(capacity, `${path}.capacity`)];
  if (policy !== '' && !RECLAIM_POLICIES.includes(policy)) {
    errors.push(notSupported(`${path}.persistentVolumeReclaimPolicy`, policy, RECLAIM_POLICIES));
  }
  if (nodeAffinity) errors.push(...validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`));
  errors.push(...validateVolumeSources(spec, path), ...validateRecycling(spec, path));
  if (storageClassName !== '') {
    errors.push(...invalidEach(`${path}.storageClassName`, storageClassName, checkDnsSubdomain(storageClassName)));
  }
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) {
    errors.push(notSupported(`${path}.volumeMode`, volumeMode, VOLUME_MODES));
  }
  return [...errors, ...validateAttributesClass(spec, path)];
}

/** What a VolumeAttachment carries of a volume that is no object: a CSI source and little else. */
export function validateInlineVolumeSpec(spec: Spec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.claimRef) errors.push(forbidden(`${path}.claimRef`, `may not be specified ${INLINE}`));
  if (Object.keys(spec.capacity ?? {}).length > 0) {
    errors.push(forbidden(`${path}.capacity`, `may not be specified ${INLINE}`));
  }
  if (spec.csi === undefined) errors.push(required(`${path}.csi`, `has to be specified ${INLINE}`));
  errors.push(...validateModes(spec, path));
  const policy = spec.persistentVolumeReclaimPolicy ?? '';
  if (policy !== '' && policy !== 'Retain') {
    errors.push(forbidden(`${path}.persistentVolumeReclaimPolicy`, `may only be Retain ${INLINE}`));
  }
  if (spec.nodeAffinity) errors.push(forbidden(`${path}.nodeAffinity`, `may not be specified ${INLINE}`));
  errors.push(...validateVolumeSources(spec, path), ...validateRecycling(spec, path));
  if (spec.storageClassName) errors.push(forbidden(`${path}.storageClassName`, `may not be specified ${INLINE}`));
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    errors.push(forbidden(`${path}.volumeMode`, `may not specify volumeMode other than Filesystem ${INLINE}`));
  }
  return errors;
}

function validateModes({ accessModes = [] }: Spec, path: string): FieldError[] {
  const at = `${path}.accessModes`;
  return accessModes.length === 0 ? [required(at)] : validateAccessModes(accessModes, at);
}

function validateCapacity(capacity: Spec['capacity'], path: string): FieldError[] {
  const names = Object.keys(capacity ?? {});
  const errors = names.length === 0 ? [required(path)] : [];
  if (names.length !== 1 || names[0] !== 'storage') errors.push(notSupported(path, capacity, ['storage']));
  for (const [name, quantity] of Object.entries(capacity ?? {})) {
    const at = `${path}[${name}]`;
    errors.push(
      ...validateQuantity(quantity, at, ({ nano }) => [
        ...(nano < 0n ? [invalidValue(at, quantityValue(quantity), 'must be a valid resource quantity')] : []),
        ...(nano <= 0n ? [invalidValue(at, quantity, 'must be greater than zero')] : []),
      ]),
    );
  }
  return errors;
}

function validateNodeAffinity(affinity: DeepReadonly<VolumeNodeAffinity>, path: string): FieldError[] {
  if (affinity.required) return validateNodeSelector(affinity.required, `${path}.required`);
  return [required(`${path}.required`, 'must specify required node constraints')];
}

function validateRecycling({ hostPath, persistentVolumeReclaimPolicy: policy }: Spec, path: string): FieldError[] {
  if (policy !== 'Recycle' || !hostPath?.path || !isRoot(hostPath.path)) return [];
  return [forbidden(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")];
}

/** However it is written: `/`, `//.`, `/a/..`. */
function isRoot(directory: string): boolean {
  let depth = 0;
  for (const part of directory.split('/')) {
    if (part === '..') depth = Math.max(0, depth - 1);
    else if (part !== '' && part !== '.') depth += 1;
  }
  return directory.startsWith('/') && depth === 0;
}

function validateAttributesClass({ volumeAttributesClassName: name, csi }: Spec, path: string): FieldError[] {
  if (name === undefined) return [];
  const at = `${path}.volumeAttributesClassName`;
  const errors =
    name === '' ? [required(at, 'an empty string is disallowed')] : invalidEach(at, name, checkDnsSubdomain(name));
  const text = 'has to be specified when using volumeAttributesClassName';
  return csi === undefined ? [...errors, required(`${path}.csi`, text)] : errors;
}

export function validatePersistentVolumeUpdate(
  volume: DeepReadonly<PersistentVolume>,
  old: DeepReadonly<PersistentVolume>,
): FieldError[] {
  const spec: Spec = volume.spec ?? {};
  const before: Spec = old.spec ?? {};
  const errors: FieldError[] = [];
  const source = volumeSourceOf(withoutNewExpandSecret(spec, before));
  if (!semanticEqual(source, volumeSourceOf(before))) {
    const diff = volumeSourceDiff(volumeSourceOf(before), source);
    const text = `spec.persistentvolumesource is immutable after creation\n${diff}`;
    errors.push(forbidden('spec.persistentvolumesource', text));
  }
  // The paths are Kubernetes' own.
  errors.push(...immutableField('volumeMode', spec.volumeMode, before.volumeMode));
  if (before.nodeAffinity && !semanticEqual(spec.nodeAffinity, before.nodeAffinity)) {
    errors.push(invalidValue('nodeAffinity', shownAffinity(spec.nodeAffinity), 'field is immutable'));
  }
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}

/** The one part of a source that may be added. */
function withoutNewExpandSecret(spec: Spec, before: Spec): Spec {
  if (!spec.csi || !before.csi || before.csi.controllerExpandSecretRef) return spec;
  const { controllerExpandSecretRef: _added, ...csi } = spec.csi;
  return { ...spec, csi };
}

/** Kubernetes shows its inner type here, whose fields are capitalized. */
function shownAffinity(affinity: DeepReadonly<VolumeNodeAffinity> | undefined): unknown {
  const expressions = (list: DeepReadonly<{ key: string; operator: string; values?: string[] }[]> | undefined) =>
    list?.map(({ key, operator, values = null }) => ({ Key: key, Operator: operator, Values: values })) ?? null;
  if (affinity === undefined) return null;
  const terms = affinity.required?.nodeSelectorTerms.map(({ matchExpressions, matchFields }) => ({
    MatchExpressions: expressions(matchExpressions),
    MatchFields: expressions(matchFields),
  }));
  return { Required: terms ? { NodeSelectorTerms: terms } : null };
}
