import type { Secret } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

export const secrets: ResourceType<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'Secret',
  subresources: [],
  columns: [],
  selectableFields: {},
  strategy: {},
};
