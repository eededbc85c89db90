import type { ConfigMap } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

export const configMaps: ResourceType<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  categories: [],
  namespaced: true,
  definition: 'ConfigMap',
  subresources: [],
  columns: [],
  selectableFields: {},
  strategy: {},
};
