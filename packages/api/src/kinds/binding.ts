import type { Binding } from '../generated/types.js';
import { ageColumn, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';

/** Assigns pods to nodes, without naming the pod in the path. Nothing of it is kept. */
export const bindings: ResourceType<Binding> = {
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  singular: 'binding',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'Binding',
  subresources: [],
  columns: [nameColumn<Binding>(), ageColumn<Binding>()],
  selectableFields: {},
  strategy: {},
  verbs: ['create'],
  stored: false,
};
