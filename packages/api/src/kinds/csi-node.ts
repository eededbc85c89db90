import type { CSINode } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateCsiNode, validateCsiNodeUpdate } from '../validation/csi-node.js';

export const csiNodes: ResourceType<CSINode> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  shortNames: [],
  categories: [],
  namespaced: false,
  definition: 'CSINode',
  subresources: [],
  columns: [
    nameColumn<CSINode>(),
    column('Drivers', 'integer', 'How many CSI drivers the node has.', ({ spec }) => (spec?.drivers ?? []).length),
    ageColumn<CSINode>(),
  ],
  selectableFields: {},
  strategy: {
    returnsDeletedObject: true,
    tracksGeneration: false,
    allowUnconditionalUpdate: false,
    validate: validateCsiNode,
    validateUpdate: validateCsiNodeUpdate,
  },
};
