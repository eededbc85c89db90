import type { ServiceCIDR } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateServiceCidr, validateServiceCidrUpdate } from '../validation/service-cidr.js';

export const serviceCidrs: ResourceType<ServiceCIDR> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  singular: 'servicecidr',
  shortNames: [],
  categories: [],
  namespaced: false,
  definition: 'ServiceCIDR',
  subresources: [{ name: 'status', kind: 'ServiceCIDR', verbs: ['get', 'patch', 'update'] }],
  columns: [
    nameColumn<ServiceCIDR>(),
    column('CIDRs', 'string', 'The ranges that addresses are given from.', ({ spec }) => (spec?.cidrs ?? []).join(',')),
    ageColumn<ServiceCIDR>(),
  ],
  selectableFields: {},
  strategy: {
    tracksGeneration: false,
    prepareForCreate(serviceCidr) {
      serviceCidr.status = {};
    },
    prepareForUpdate(serviceCidr, old) {
      serviceCidr.status = old.status;
    },
    validate: validateServiceCidr,
    validateUpdate: validateServiceCidrUpdate,
  },
};
