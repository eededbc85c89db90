import type { FieldError } from '../errors.js';
import type { Lease } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { invalidValue, required } from '../validation/field-error.js';
import { nonNegative, optionalOneOf } from '../validation/values.js';

function validateLease({ spec = {} }: DeepReadonly<Lease>): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, preferredHolder = '', strategy } = spec;
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  }
  errors.push(...nonNegative('spec.leaseTransitions', leaseTransitions));
  errors.push(...optionalOneOf('spec.strategy', strategy, ['OldestEmulationVersion']));
  if (preferredHolder !== '' && strategy === undefined) {
    errors.push(required('spec.strategy', '`strategy` must be specified if `preferredHolder` is specified'));
  }
  return errors;
}

export const leases: ResourceType<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'Lease',
  subresources: [],
  columns: [
    nameColumn<Lease>(),
    column('Holder', 'string', 'Who holds the lease.', ({ spec }) => spec?.holderIdentity ?? ''),
    ageColumn<Lease>(),
  ],
  selectableFields: {},
  strategy: {
    tracksGeneration: false,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    validate: validateLease,
  },
};
