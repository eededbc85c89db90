import type { VolumeAttributesClass } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceType } from '../resource.js';
import { validateVolumeAttributesClass, validateVolumeAttributesClassUpdate } from '../validation/storage-class.js';

export const volumeAttributesClasses: ResourceType<VolumeAttributesClass> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  categories: [],
  namespaced: false,
  definition: 'VolumeAttributesClass',
  subresources: [],
  columns: [
    nameColumn<VolumeAttributesClass>(),
    column('DriverName', 'string', 'The CSI driver that knows the attributes.', ({ driverName }) => driverName),
    ageColumn<VolumeAttributesClass>(),
  ],
  selectableFields: {},
  strategy: {
    returnsDeletedObject: true,
    tracksGeneration: false,
    validate: validateVolumeAttributesClass,
    validateUpdate: validateVolumeAttributesClassUpdate,
  },
};
