import type { RuntimeClass } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateRuntimeClass, validateRuntimeClassUpdate } from '../validation/runtime-class.js';
import { canonicalizeList } from './canonical-amounts.js';
import { deprecatedNodeLabelWarnings } from './deprecated-node-labels.js';

export const runtimeClasses: ResourceType<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  shortNames: [],
  categories: [],
  namespaced: false,
  definition: 'RuntimeClass',
  subresources: [],
  columns: [
    nameColumn<RuntimeClass>(),
    column('Handler', 'string', 'What the node calls the runtime.', ({ handler }) => handler),
    ageColumn<RuntimeClass>(),
  ],
  selectableFields: {},
  strategy: {
    tracksGeneration: false,
    allowUnconditionalUpdate: false,
    setDefaults({ overhead }) {
      canonicalizeList(overhead?.podFixed);
    },
    validate: validateRuntimeClass,
    validateUpdate: validateRuntimeClassUpdate,
    warnings: ({ scheduling }) =>
      deprecatedNodeLabelWarnings(Object.keys(scheduling?.nodeSelector ?? {}), 'scheduling.nodeSelector', false),
  },
};
