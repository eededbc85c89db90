import type { StorageClass } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import { validateStorageClass, validateStorageClassUpdate } from '../validation/storage-class.js';
import { deprecatedNodeLabelWarnings } from './deprecated-node-labels.js';

/** The class of claims that name none; the second spelling is the older one. */
const DEFAULT_CLASS_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export function isDefaultStorageClass({ metadata }: Pick<StorageClass, 'metadata'>): boolean {
  return DEFAULT_CLASS_ANNOTATIONS.some((name) => metadata?.annotations?.[name] === 'true');
}

const storageClassStrategy: ResourceStrategy<StorageClass> = {
  returnsDeletedObject: true,
  tracksGeneration: false,
  setDefaults(storageClass) {
    storageClass.reclaimPolicy ??= 'Delete';
    storageClass.volumeBindingMode ??= 'Immediate';
  },
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, t) =>
      matchLabelExpressions.flatMap(({ key }, e) => {
        const path = `allowedTopologies[${t}].matchLabelExpressions[${e}].key`;
        return deprecatedNodeLabelWarnings([key], path, true);
      }),
    ),
};

export const storageClasses: ResourceType<StorageClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  categories: [],
  namespaced: false,
  definition: 'StorageClass',
  subresources: [],
  columns: [
    {
      ...nameColumn<StorageClass>(),
      value: (storageClass) => {
        const { name } = storageClass.metadata;
        return isDefaultStorageClass(storageClass) ? `${name} (default)` : name;
      },
    },
    column('Provisioner', 'string', 'Who makes the volumes.', ({ provisioner }) => provisioner),
    column('ReclaimPolicy', 'string', 'What becomes of a volume when its claim is gone.', ({ reclaimPolicy }) => {
      return reclaimPolicy ?? 'Delete';
    }),
    column('VolumeBindingMode', 'string', 'When a claim gets its volume.', ({ volumeBindingMode }) => {
      return volumeBindingMode ?? 'Immediate';
    }),
    column('AllowVolumeExpansion', 'string', 'Whether claims may grow.', ({ allowVolumeExpansion = false }) => {
      return allowVolumeExpansion;
    }),
    ageColumn<StorageClass>(),
  ],
  selectableFields: {},
  strategy: storageClassStrategy,
};
