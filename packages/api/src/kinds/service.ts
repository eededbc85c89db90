import type { Service } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

export const services: ResourceType<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  definition: 'Service',
  subresources: [{ name: 'status', kind: 'Service', verbs: ['get', 'patch', 'update'] }],
  columns: [],
  selectableFields: {},
  strategy: {},
};
