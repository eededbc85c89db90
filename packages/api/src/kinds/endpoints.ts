import type { Endpoints } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

export const endpoints: ResourceType<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  categories: [],
  namespaced: true,
  definition: 'Endpoints',
  subresources: [],
  columns: [],
  selectableFields: {},
  strategy: {},
};
