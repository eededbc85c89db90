import type { Node } from '../generated/types.js';
import type { ResourceType } from '../resource.js';

export const nodes: ResourceType<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  categories: [],
  namespaced: false,
  definition: 'Node',
  subresources: [{ name: 'status', kind: 'Node', verbs: ['get', 'patch', 'update'] }],
  columns: [],
  selectableFields: {},
  strategy: {},
};
