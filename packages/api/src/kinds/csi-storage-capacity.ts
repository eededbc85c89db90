import type { CSIStorageCapacity } from '../generated/types.js';
import { column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateCsiStorageCapacity, validateCsiStorageCapacityUpdate } from '../validation/csi-storage-capacity.js';
import { canonicalOrSame } from './canonical-amounts.js';

export const csiStorageCapacities: ResourceType<CSIStorageCapacity> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  shortNames: [],
  categories: [],
  namespaced: true,
  definition: 'CSIStorageCapacity',
  subresources: [],
  columns: [
    nameColumn<CSIStorageCapacity>(),
    column('StorageClassName', 'string', 'The class that it is about.', ({ storageClassName }) => storageClassName),
    column('Capacity', 'string', 'How much is free.', ({ capacity }) => capacity ?? ''),
  ],
  selectableFields: {},
  strategy: {
    tracksGeneration: false,
    allowUnconditionalUpdate: false,
    setDefaults(capacity) {
      if (capacity.capacity !== undefined) capacity.capacity = canonicalOrSame(capacity.capacity);
      if (capacity.maximumVolumeSize !== undefined) {
        capacity.maximumVolumeSize = canonicalOrSame(capacity.maximumVolumeSize);
      }
    },
    validate: validateCsiStorageCapacity,
    validateUpdate: validateCsiStorageCapacityUpdate,
  },
};
