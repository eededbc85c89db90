import type { FieldError } from '../errors.js';
import type { IPAddress } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { invalidEach, invalidValue, required } from './field-error.js';
import { checkDnsSubdomain, checkPathSegment } from './names.js';
import { semanticEqual } from './semantic-equal.js';

export function validateIpAddress({ spec }: DeepReadonly<Partial<IPAddress>>): FieldError[] {
  const path = 'spec.parentRef';
  const parent = spec?.parentRef;
  if (parent === undefined) return [required(path)];
  const { group = '', resource = '', name = '', namespace = '' } = parent;
  const errors = group === '' ? [] : invalidEach(`${path}.group`, group, checkDnsSubdomain(group));
  for (const [field, value] of Object.entries({ resource, name })) {
    if (value === '') errors.push(required(`${path}.${field}`));
    else errors.push(...invalidEach(`${path}.${field}`, value, checkPathSegment(value)));
  }
  return [...errors, ...invalidEach(`${path}.namespace`, namespace, checkPathSegment(namespace))];
}

export function validateIpAddressUpdate(address: DeepReadonly<IPAddress>, old: DeepReadonly<IPAddress>): FieldError[] {
  const parent = address.spec?.parentRef;
  if (semanticEqual(parent, old.spec?.parentRef)) return [];
  const { group = '', resource = '', namespace = '', name = '' } = parent ?? {};
  // Kubernetes shows its inner type here, whose fields are capitalized.
  const shown = parent && { Group: group, Resource: resource, Namespace: namespace, Name: name };
  return [invalidValue('spec.parentRef', shown, 'field is immutable')];
}
