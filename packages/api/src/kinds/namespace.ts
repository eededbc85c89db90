import type { Namespace } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

export const namespaces: ResourceType<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  namespaced: false,
  definition: 'Namespace',
  subresources: [
    { name: 'status', kind: 'Namespace', verbs: ['get', 'patch', 'update'] },
    { name: 'finalize', kind: 'Namespace', verbs: ['update'] },
  ],
  columns: [],
  selectableFields: {},
  strategy: {},
};
