import type { FieldError } from '../errors.js';
import type { CSIStorageCapacity } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidEach, invalidValue } from './field-error.js';
import { validateLabelSelector } from './label-selector.js';
import { checkDnsSubdomain } from './names.js';
import { validateQuantity } from './pod/resources.js';
import { immutableField } from './values.js';

export function validateCsiStorageCapacity(capacity: DeepReadonly<Partial<CSIStorageCapacity>>): FieldError[] {
  const { nodeTopology, storageClassName = '', capacity: amount } = capacity;
  const errors = [
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
    ...invalidEach('storageClassName', storageClassName, checkDnsSubdomain(storageClassName)),
  ];
  if (amount === undefined) return errors;
  const text = 'must be greater than or equal to 0';
  return [
    ...errors,
    ...validateQuantity(amount, 'capacity', ({ nano }) => (nano < 0n ? [invalidValue('capacity', amount, text)] : [])),
  ];
}

/** What a driver was asked for does not change; what it answered does. */
export function validateCsiStorageCapacityUpdate(
  capacity: DeepReadonly<CSIStorageCapacity>,
  old: DeepReadonly<CSIStorageCapacity>,
): FieldError[] {
  return [
    ...immutableField('nodeTopology', capacity.nodeTopology, old.nodeTopology),
    ...immutableField('storageClassName', capacity.storageClassName, old.storageClassName),
  ];
}
