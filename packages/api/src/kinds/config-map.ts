import type { ConfigMap } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateConfigMap, validateConfigMapUpdate } from '../validation/config-data.js';

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
  columns: [
    nameColumn<ConfigMap>(),
    column('Data', 'string', 'How many keys there are.', ({ data = {}, binaryData = {} }) => {
      return Object.keys(data).length + Object.keys(binaryData).length;
    }),
    ageColumn<ConfigMap>(),
  ],
  selectableFields: {},
  strategy: { tracksGeneration: false, validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
};
