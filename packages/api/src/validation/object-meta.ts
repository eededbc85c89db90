import type { FieldError } from '../errors.js';
import type { ObjectMeta, OwnerReference } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import type { ResourceStrategy } from '../resource.js';
import { checkCanonicalIp } from './addresses.js';
import { forbidden, invalidEach, invalidValue, required, tooLong } from './field-error.js';
import { validateFieldManager } from './field-manager.js';
import {
  byteLength,
  checkDns1035Label,
  checkDnsLabel,
  checkDnsSubdomain,
  checkLabelValue,
  checkPathSegment,
  checkQualifiedName,
} from './names.js';
import { immutableField, nonNegative } from './values.js';

export type NameRule = NonNullable<ResourceStrategy['nameRule']>;
type ReadonlyMeta = DeepReadonly<ObjectMeta>;
type StringMap = Readonly<Record<string, string>>;

/** All annotations of an object together, keys and values. */
export const MAX_ANNOTATIONS_BYTES = 256 * 1024;

const NAME_CHECKS: Readonly<Record<NameRule, (name: string) => string[]>> = {
  dnsSubdomain: checkDnsSubdomain,
  dnsLabel: checkDnsLabel,
  dns1035Label: checkDns1035Label,
  pathSegment: checkPathSegment,
  ipAddress: checkCanonicalIp,
  any: () => [],
};

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** What is wrong with a name of an object; nothing when it is right. */
export function checkName(name: string, rule: NameRule): string[] {
  return NAME_CHECKS[rule](name);
}

/** The metadata of an object to be created or updated, after the name has been generated. */
export function validateObjectMeta(
  meta: ReadonlyMeta,
  namespaced: boolean,
  nameRule: NameRule = 'dnsSubdomain',
  path = 'metadata',
): FieldError[] {
  return [
    ...validateNames(meta, nameRule, path),
    ...validateNamespace(meta.namespace ?? '', namespaced, `${path}.namespace`),
    ...nonNegative(`${path}.generation`, meta.generation),
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences ?? [], `${path}.ownerReferences`),
    ...validateFinalizers(meta.finalizers ?? [], `${path}.finalizers`),
    ...validateManagedFields(meta, `${path}.managedFields`),
  ];
}

/**
 * What an update may not change of metadata. {@link validateObjectMeta} runs as
 * well; a missing resourceVersion is the registry's to judge.
 */
export function validateObjectMetaUpdate(meta: ReadonlyMeta, old: ReadonlyMeta, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    errors.push(...validateNoNewFinalizers(meta.finalizers ?? [], old.finalizers ?? [], `${path}.finalizers`));
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalidValue(`${path}.generation`, meta.generation ?? 0, 'must not be decremented'));
  }
  const fixed = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'];
  for (const field of fixed as (keyof ObjectMeta)[]) {
    errors.push(...immutableField(`${path}.${field}`, meta[field], old[field]));
  }
  return errors;
}

function validateNames(meta: ReadonlyMeta, rule: NameRule, path: string): FieldError[] {
  const { name = '', generateName = '' } = meta;
  const errors: FieldError[] = [];
  if (generateName !== '') {
    // What follows the prefix is letters and digits, so a dash before it is not the end.
    const masked =
      generateName.length > 1 && generateName.endsWith('-') ? `${generateName.slice(0, -2)}a` : generateName;
    errors.push(...invalidEach(`${path}.generateName`, generateName, checkName(masked, rule)));
  }
  if (name === '') errors.push(required(`${path}.name`, 'name or generateName is required'));
  else errors.push(...invalidEach(`${path}.name`, name, checkName(name, rule)));
  return errors;
}

function validateNamespace(namespace: string, namespaced: boolean, path: string): FieldError[] {
  if (!namespaced) return namespace === '' ? [] : [forbidden(path, 'not allowed on this type')];
  return namespace === '' ? [required(path)] : invalidEach(path, namespace, checkDnsLabel(namespace));
}

export function validateLabels(labels: StringMap | undefined, path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...validateLabelKey(key, path),
    ...invalidEach(path, value, checkLabelValue(value)),
  ]);
}

export function validateLabelKey(key: string, path: string): FieldError[] {
  return invalidEach(path, key, checkQualifiedName(key));
}

/** Keys are compared without regard to case; only all of them together have a limit. */
export function validateAnnotations(annotations: StringMap | undefined, path: string): FieldError[] {
  let bytes = 0;
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(annotations ?? {})) {
    errors.push(...invalidEach(path, key, checkQualifiedName(key.toLowerCase())));
    bytes += byteLength(key) + byteLength(value);
  }
  if (bytes > MAX_ANNOTATIONS_BYTES) errors.push(tooLong(path, MAX_ANNOTATIONS_BYTES));
  return errors;
}

function validateOwnerReferences(references: DeepReadonly<OwnerReference[]>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path));
    if (reference.controller !== true) continue;
    if (controller !== undefined) {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${reference.name}`;
      errors.push(invalidValue(path, references, text));
    }
    controller ??= reference.name;
  }
  return errors;
}

function validateOwnerReference(reference: DeepReadonly<OwnerReference>, path: string): FieldError[] {
  const { apiVersion = '', kind = '', name = '', uid = '' } = reference;
  const errors: FieldError[] = [];
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  if (version === '') errors.push(invalidValue(`${path}.apiVersion`, apiVersion, 'version must not be empty'));
  for (const [field, value] of Object.entries({ kind, name, uid })) {
    if (value === '') errors.push(invalidValue(`${path}.${field}`, '', 'must not be empty'));
  }
  if (apiVersion === 'v1' && kind === 'Event') {
    errors.push(invalidValue(path, reference, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

function validateFinalizers(finalizers: readonly string[], path: string): FieldError[] {
  const errors = finalizers.flatMap((finalizer) => invalidEach(path, finalizer, checkQualifiedName(finalizer)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  finalizers.forEach((finalizer, i) => {
    errors.push(...validateFinalizerIsKnown(finalizer, `${path}[${i}]`));
  });
  return errors;
}

/** A finalizer of Kubernetes' own, or one with a domain. */
export function validateFinalizerIsKnown(finalizer: string, path: string): FieldError[] {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return [];
  return [invalidValue(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

function validateNoNewFinalizers(finalizers: readonly string[], old: readonly string[], path: string): FieldError[] {
  const added = finalizers.filter((finalizer) => !old.includes(finalizer)).sort();
  if (added.length === 0) return [];
  const shown = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown}}`;
  return [forbidden(path, text)];
}

const MAX_SUBRESOURCE_BYTES = 256;

function validateManagedFields(meta: ReadonlyMeta, path: string): FieldError[] {
  return (meta.managedFields ?? []).flatMap(
    ({ operation = '', fieldsType = '', manager = '', subresource = '' }, i) => {
      const errors: FieldError[] = [];
      if (operation !== 'Apply' && operation !== 'Update') {
        errors.push(invalidValue(`${path}[${i}].operation`, operation, 'must be `Apply` or `Update`'));
      }
      if (fieldsType !== 'FieldsV1') {
        errors.push(invalidValue(`${path}[${i}].fieldsType`, fieldsType, 'must be `FieldsV1`'));
      }
      errors.push(...validateFieldManager(manager, `${path}[${i}].manager`));
      if (Buffer.byteLength(subresource) > MAX_SUBRESOURCE_BYTES) {
        errors.push(tooLong(`${path}[${i}].subresource`, MAX_SUBRESOURCE_BYTES));
      }
      return errors;
    },
  );
}
