import type { FieldError } from '../errors.js';
import type { ServiceCIDR } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { canonicalCidr, isSameFamily, parseCidr } from './addresses.js';
import { invalidValue, required } from './field-error.js';

const IMMUTABLE = 'field is immutable';

export function validateServiceCidr({ spec }: DeepReadonly<ServiceCIDR>): FieldError[] {
  const path = 'spec.cidrs';
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')];
  // Kubernetes shows its inner type here, whose fields are capitalized.
  if (cidrs.length > 2) return [invalidValue(path, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => canonicalCidr(`${path}[${i}]`, cidr));
  const [first, second] = cidrs.map(parseCidr);
  if (first && second && isSameFamily(first, second)) {
    const text = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(invalidValue(path, cidrs, text));
  }
  return errors;
}

/** A second family may be added; what is there stays. */
export function validateServiceCidrUpdate(
  serviceCidr: DeepReadonly<ServiceCIDR>,
  old: DeepReadonly<ServiceCIDR>,
): FieldError[] {
  const cidrs = serviceCidr.spec?.cidrs ?? [];
  const before = old.spec?.cidrs ?? [];
  const grows = before.length === 1 && cidrs.length === 2;
  if (before.length !== cidrs.length && !grows) return [invalidValue('spec.cidrs', cidrs, IMMUTABLE)];
  return before.flatMap((cidr, i) =>
    cidr === cidrs[i] ? [] : [invalidValue(`spec.cidrs[${i}]`, cidrs[i], IMMUTABLE)],
  );
}
