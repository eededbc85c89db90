import type { FieldError } from '../errors.js';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec, TypedObjectReference } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { compareQuantities, quantityValue } from '../quantity/quantity.js';
import { VOLUME_MODES, validateAccessModes } from './access-modes.js';
import { claimSpecDiff } from './claim-diff.js';
import { forbidden, invalidEach, invalidValue, notSupported, required } from './field-error.js';
import { validateLabelSelector } from './label-selector.js';
import { checkDnsLabel, checkDnsSubdomain, checkQualifiedName } from './names.js';
import { validateQuantity } from './pod/resources.js';
import { semanticEqual } from './semantic-equal.js';
import { immutableField } from './values.js';

type Claim = DeepReadonly<PersistentVolumeClaim>;
type Spec = DeepReadonly<PersistentVolumeClaimSpec>;
type Reference = DeepReadonly<Partial<TypedObjectReference>>;

/** The annotation that came before spec.storageClassName. */
export const BETA_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const RESIZE_STATES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
];

export function validatePersistentVolumeClaim({ spec }: Claim): FieldError[] {
  return validateClaimSpec(spec ?? {}, 'spec');
}

/** Also of the templates of claims (StatefulSets, ephemeral volumes). */
export function validateClaimSpec(spec: Spec, path: string): FieldError[] {
  const { accessModes = [], storageClassName = '', volumeMode, dataSource, dataSourceRef } = spec;
  const { volumeAttributesClassName: attributesClass = '' } = spec;
  const errors: FieldError[] = [];
  if (accessModes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  errors.push(...validateLabelSelector(spec.selector, `${path}.selector`));
  errors.push(...validateAccessModes(accessModes, `${path}.accessModes`));
  errors.push(...validateSize(spec.resources?.requests?.storage, `${path}.resources[storage]`));
  if (storageClassName !== '') {
    errors.push(...invalidEach(`${path}.storageClassName`, storageClassName, checkDnsSubdomain(storageClassName)));
  }
  if (volumeMode !== undefined && !VOLUME_MODES.includes(volumeMode)) {
    errors.push(notSupported(`${path}.volumeMode`, volumeMode, VOLUME_MODES));
  }
  if (dataSource) errors.push(...validateDataSource(dataSource, `${path}.dataSource`));
  if (dataSourceRef) errors.push(...validateDataSource(dataSourceRef, `${path}.dataSourceRef`));
  errors.push(...validateSameSource(dataSource, dataSourceRef, path));
  if (attributesClass === '') return errors;
  const at = `${path}.volumeAttributesClassName`;
  return [...errors, ...invalidEach(at, attributesClass, checkDnsSubdomain(attributesClass))];
}

function validateSize(size: string | undefined, path: string): FieldError[] {
  if (size === undefined) return [required(path)];
  return validateQuantity(size, path, ({ nano }) =>
    nano > 0n ? [] : [invalidValue(path, size, 'must be greater than zero')],
  );
}

function validateDataSource({ apiGroup = '', kind = '', name = '', namespace = '' }: Reference, path: string) {
  const errors = name === '' ? [required(`${path}.name`)] : [];
  if (kind === '') errors.push(required(`${path}.kind`));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(invalidValue(path, kind, text));
  }
  if (apiGroup !== '') errors.push(...invalidEach(`${path}.apiGroup`, apiGroup, checkDnsSubdomain(apiGroup)));
  if (namespace !== '') errors.push(...invalidEach(`${path}.namespace`, namespace, checkDnsLabel(namespace)));
  return errors;
}

function validateSameSource(source: Reference | undefined, ref: Reference | undefined, path: string): FieldError[] {
  if (source === undefined || ref === undefined) return [];
  // The value is a path inside Kubernetes, which it prints as an empty structure.
  if (ref.namespace) return [invalidValue(path, {}, 'may not be specified when dataSourceRef.namespace is specified')];
  const isSame = source.apiGroup === ref.apiGroup && source.kind === ref.kind && source.name === ref.name;
  return isSame ? [] : [invalidValue(path, {}, 'must match dataSourceRef')];
}

/** A claim's spec is fixed, but for the volume that it is bound to, and its size and class of attributes once it is. */
export function validatePersistentVolumeClaimUpdate(claim: Claim, old: Claim): FieldError[] {
  const errors: FieldError[] = [];
  const isUpgrade = isClassUpgrade(claim, old);
  if (!isUpgrade) errors.push(...validateSameAnnotation(claim, old));
  const [spec, before] = comparableSpecs(claim, old, isUpgrade);
  if (!semanticEqual(spec, before)) {
    const text =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    errors.push(forbidden('spec', `${text}\n${claimSpecDiff(before, spec)}`));
  }
  return [
    ...errors,
    ...validateNotShrunk(claim, old),
    // The path is Kubernetes' own.
    ...immutableField('volumeMode', claim.spec?.volumeMode, old.spec?.volumeMode),
    ...validateAttributesClassUpdate(claim.spec?.volumeAttributesClassName, old.spec?.volumeAttributesClassName),
  ];
}

/** From the old annotation to the field, which must say the same. */
function isClassUpgrade(claim: Claim, old: Claim): boolean {
  const before = old.metadata?.annotations?.[BETA_CLASS_ANNOTATION];
  const after = claim.metadata?.annotations?.[BETA_CLASS_ANNOTATION];
  return (
    before !== undefined &&
    old.spec?.storageClassName === undefined &&
    claim.spec?.storageClassName === before &&
    (after === undefined || after === before)
  );
}

function validateSameAnnotation(claim: Claim, old: Claim): FieldError[] {
  const before = old.metadata?.annotations?.[BETA_CLASS_ANNOTATION] ?? '';
  const after = claim.metadata?.annotations?.[BETA_CLASS_ANNOTATION] ?? '';
  const path = `metadata.annotations[${BETA_CLASS_ANNOTATION}]`;
  return before === after ? [] : [invalidValue(path, after, 'field is immutable')];
}

/** The two specs without what this write may change. */
function comparableSpecs(claim: Claim, old: Claim, isUpgrade: boolean): [after: Spec, before: Spec] {
  const after: { -readonly [K in keyof Spec]: Spec[K] } = { ...claim.spec };
  const before: { -readonly [K in keyof Spec]: Spec[K] } = { ...old.spec };
  if (!before.volumeName) before.volumeName = after.volumeName;
  if (isUpgrade) delete after.storageClassName;
  else if (isClassFilledIn(claim, old)) after.storageClassName = before.storageClassName;
  if (claim.status?.phase !== 'Bound') return [after, before];
  const requests = after.resources?.requests;
  const storage = before.resources?.requests?.storage;
  if (requests && storage !== undefined) {
    after.resources = { ...after.resources, requests: { ...requests, storage } };
  }
  if (after.volumeAttributesClassName !== undefined) {
    after.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  return [after, before];
}

/** A claim without a class gets one later (KEP-3333). */
function isClassFilledIn(claim: Claim, old: Claim): boolean {
  const annotation = old.metadata?.annotations?.[BETA_CLASS_ANNOTATION];
  const after = claim.spec?.storageClassName;
  if (after === undefined || old.spec?.storageClassName !== undefined) return false;
  return annotation === undefined || annotation === after;
}

/** Down to what the volume has: so that an expansion that failed can be taken back. */
function validateNotShrunk(claim: Claim, old: Claim): FieldError[] {
  const size = claim.spec?.resources?.requests?.storage;
  const before = old.spec?.resources?.requests?.storage;
  if (size === undefined || before === undefined) return [];
  const path = 'spec.resources.requests.storage';
  return validateQuantity(size, path, () => {
    if (compareQuantities(size, before) >= 0) return [];
    const capacity = old.status?.capacity?.storage ?? '0';
    const isTooSmall = compareQuantities(size, capacity) <= 0;
    return isTooSmall ? [forbidden(path, 'field can not be less than status.capacity')] : [];
  });
}

function validateAttributesClassUpdate(name: string | undefined, old: string | undefined): FieldError[] {
  const path = 'spec.volumeAttributesClassName';
  if (old === undefined || name === old) return [];
  if (name === undefined) return [forbidden(path, 'update from non-nil value to nil is forbidden')];
  return name === '' ? [forbidden(path, 'update from non-nil value to an empty string is forbidden')] : [];
}

export function validatePersistentVolumeClaimStatusUpdate({ spec, status = {} }: Claim): FieldError[] {
  const errors = (spec?.accessModes ?? []).length === 0 ? [required('Spec.accessModes')] : [];
  for (const [name, quantity] of Object.entries(status.capacity ?? {})) {
    errors.push(...basicQuantity(quantity, `status.capacity[${name}]`));
  }
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    const path = 'status.allocatedResourceStatus';
    errors.push(...validateClaimResource(name, path));
    if (!RESIZE_STATES.includes(state)) errors.push(notSupported(path, name, RESIZE_STATES));
  }
  for (const [name, quantity] of Object.entries(status.allocatedResources ?? {})) {
    const problems = validateClaimResource(name, 'status.allocatedResources');
    errors.push(...(problems.length > 0 ? problems : basicQuantity(quantity, `status.allocatedResources[${name}]`)));
  }
  return errors;
}

function basicQuantity(quantity: string, path: string): FieldError[] {
  return validateQuantity(quantity, path, ({ nano }) =>
    nano < 0n ? [invalidValue(path, quantityValue(quantity), 'must be a valid resource quantity')] : [],
  );
}

function validateClaimResource(name: string, path: string): FieldError[] {
  const errors = invalidEach(path, name, checkQualifiedName(name));
  if (errors.length > 0) return errors;
  const isNative = !name.includes('/') || name.includes('kubernetes.io/');
  return isNative && name !== 'storage' ? [notSupported(path, name, ['storage'])] : [];
}
