import type { Lease } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

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
  columns: [],
  selectableFields: {},
  strategy: {},
};
