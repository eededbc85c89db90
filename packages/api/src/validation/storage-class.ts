import { deepEqual } from '../deep-equal.js';
import type { FieldError } from '../errors.js';
import type { StorageClass, TopologySelectorTerm, VolumeAttributesClass } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { duplicate, forbidden, invalidEach, invalidValue, notSupported, required, tooLong } from './field-error.js';
import { byteLength, checkLabelValue, checkQualifiedName } from './names.js';
import { validateLabelKey } from './object-meta.js';
import { immutableField } from './values.js';

const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_BYTES = 256 * 1024;
const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

export function validateStorageClass(storageClass: DeepReadonly<StorageClass>): FieldError[] {
  const { provisioner = '', parameters = {}, reclaimPolicy = '', volumeBindingMode = '' } = storageClass;
  const errors = [...validateDriver(provisioner, 'provisioner'), ...validateParameters(parameters)];
  if (reclaimPolicy !== '' && !RECLAIM_POLICIES.includes(reclaimPolicy)) {
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, RECLAIM_POLICIES));
  }
  if (!BINDING_MODES.includes(volumeBindingMode)) {
    errors.push(notSupported('volumeBindingMode', volumeBindingMode, BINDING_MODES));
  }
  return [...errors, ...validateTopologies(storageClass.allowedTopologies ?? [])];
}

/** Upper case is taken for lower case, as Kubernetes does. */
function validateDriver(driver: string, path: string): FieldError[] {
  if (driver === '') return [required(path)];
  const lower = driver.toLowerCase();
  return invalidEach(path, lower, checkQualifiedName(lower));
}

function validateParameters(parameters: Readonly<Record<string, string>>): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) return [tooLong('parameters', MAX_PARAMETERS)];
  const errors = entries.flatMap(([key]) =>
    key === '' ? [invalidValue('parameters', key, 'field can not be empty.')] : [],
  );
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  if (bytes > MAX_PARAMETERS_BYTES) errors.push(tooLong('parameters', MAX_PARAMETERS_BYTES));
  return errors;
}

function validateTopologies(terms: DeepReadonly<TopologySelectorTerm[]>): FieldError[] {
  const seen: Map<string, ReadonlySet<string>>[] = [];
  return terms.flatMap((term, i) => {
    const path = `allowedTopologies[${i}]`;
    const { values, errors } = validateTopologyTerm(term, path);
    if (seen.some((other) => isSameTopology(other, values))) {
      errors.push(duplicate(`${path}.matchLabelExpressions`, ''));
    }
    seen.push(values);
    return errors;
  });
}

function validateTopologyTerm(term: DeepReadonly<TopologySelectorTerm>, path: string) {
  const values = new Map<string, ReadonlySet<string>>();
  const errors = (term.matchLabelExpressions ?? []).flatMap(({ key = '', values: list = [] }, i) => {
    const at = `${path}.matchLabelExpressions[${i}]`;
    const found = list.length === 0 ? [required(`${at}.values`)] : [];
    const own = new Set<string>();
    list.forEach((value, v) => {
      if (own.has(value)) found.push(duplicate(`${at}.values[${v}]`, value));
      own.add(value);
      found.push(...invalidEach(`${at}.values[${v}]`, value, checkLabelValue(value)));
    });
    found.push(...validateLabelKey(key, `${at}.key`));
    if (values.has(key)) found.push(duplicate(`${at}.key`, key));
    values.set(key, own);
    return found;
  });
  return { values, errors };
}

function isSameTopology(a: Map<string, ReadonlySet<string>>, b: Map<string, ReadonlySet<string>>): boolean {
  const sorted = (map: Map<string, ReadonlySet<string>>) =>
    Object.fromEntries([...map].map(([key, values]) => [key, [...values].sort()]));
  return deepEqual(sorted(a), sorted(b));
}

export function validateStorageClassUpdate(
  storageClass: DeepReadonly<StorageClass>,
  old: DeepReadonly<StorageClass>,
): FieldError[] {
  return [
    ...fixed('parameters', storageClass.parameters ?? {}, old.parameters ?? {}),
    ...fixed('provisioner', storageClass.provisioner, old.provisioner),
    ...fixed('reclaimPolicy', storageClass.reclaimPolicy, old.reclaimPolicy),
    ...immutableField('volumeBindingMode', storageClass.volumeBindingMode, old.volumeBindingMode),
  ];
}

function fixed(field: string, value: unknown, old: unknown): FieldError[] {
  return deepEqual(value, old) ? [] : [forbidden(field, `updates to ${field} are forbidden.`)];
}

export function validateVolumeAttributesClass(attributes: DeepReadonly<VolumeAttributesClass>): FieldError[] {
  const parameters = attributes.parameters ?? {};
  const errors = [...validateDriver(attributes.driverName ?? '', 'driverName'), ...validateParameters(parameters)];
  if (Object.keys(parameters).length === 0) {
    errors.push(required('parameters', 'must contain at least one key/value pair'));
  }
  return errors;
}

export function validateVolumeAttributesClassUpdate(
  attributes: DeepReadonly<VolumeAttributesClass>,
  old: DeepReadonly<VolumeAttributesClass>,
): FieldError[] {
  return [
    ...fixed('driverName', attributes.driverName, old.driverName),
    ...fixed('parameters', attributes.parameters ?? {}, old.parameters ?? {}),
  ];
}
