import type { PriorityClass } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validatePriorityClass, validatePriorityClassUpdate } from '../validation/priority-class.js';

export const priorityClasses: ResourceType<PriorityClass> = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  categories: [],
  namespaced: false,
  definition: 'PriorityClass',
  subresources: [],
  columns: [
    nameColumn<PriorityClass>(),
    column('Value', 'integer', 'The priority of its pods.', ({ value = 0 }) => value),
    column('Global-Default', 'boolean', 'Whether pods without a class have it.', ({ globalDefault = false }) => {
      return globalDefault;
    }),
    ageColumn<PriorityClass>(),
    column('PreemptionPolicy', 'string', 'Whether its pods may displace others.', ({ preemptionPolicy = '' }) => {
      return preemptionPolicy;
    }),
  ],
  selectableFields: {},
  strategy: {
    // Kubernetes sets it to 1 and leaves it there.
    tracksGeneration: false,
    setDefaults(priorityClass) {
      priorityClass.value ??= 0;
      priorityClass.preemptionPolicy ??= 'PreemptLowerPriority';
    },
    prepareForCreate(priorityClass) {
      priorityClass.metadata = { ...priorityClass.metadata, generation: 1 };
    },
    validate: validatePriorityClass,
    validateUpdate: validatePriorityClassUpdate,
  },
};
