import type { FieldError } from '../errors.js';
import type { Lease } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { invalidValue } from '../validation/field-error.js';
import { nonNegative } from '../validation/values.js';

function validateLease({ spec = {} }: DeepReadonly<Lease>): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions } = spec;
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  }
  errors.push(...nonNegative('spec.leaseTransitions', leaseTransitions));
  return errors;
}

/** The gate CoordinatedLeaderElection is off in v1.34: what it guards is dropped, without a word. */
function dropCoordination({ spec }: Lease): void {
  delete spec?.strategy;
  delete spec?.preferredHolder;
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
    prepareForCreate: dropCoordination,
    prepareForUpdate: dropCoordination,
    validate: validateLease,
  },
};
