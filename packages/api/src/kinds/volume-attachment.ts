import type { VolumeAttachment } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import type { ResourceStrategy, ResourceType } from '../resource.js';
import {
  validateVolumeAttachment,
  validateVolumeAttachmentCreate,
  validateVolumeAttachmentUpdate,
} from '../validation/volume-attachment.js';

const volumeAttachmentStrategy: ResourceStrategy<VolumeAttachment> = {
  returnsDeletedObject: true,
  tracksGeneration: false,
  allowUnconditionalUpdate: false,
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  prepareForUpdate(attachment, old) {
    attachment.status = old.status;
  },
  validate: validateVolumeAttachment,
  validateCreate: validateVolumeAttachmentCreate,
  validateUpdate: validateVolumeAttachmentUpdate,
  validateStatusUpdate: validateVolumeAttachment,
};

export const volumeAttachments: ResourceType<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  singular: 'volumeattachment',
  shortNames: [],
  categories: [],
  namespaced: false,
  definition: 'VolumeAttachment',
  subresources: [{ name: 'status', kind: 'VolumeAttachment', verbs: ['get', 'patch', 'update'] }],
  columns: [
    nameColumn<VolumeAttachment>(),
    { ...column('Attacher', 'string', 'The CSI driver that attaches.', ({ spec }) => spec.attacher), format: 'name' },
    column('PV', 'string', 'The volume.', ({ spec }) => spec.source.persistentVolumeName ?? ''),
    column('Node', 'string', 'The node that it is attached to.', ({ spec }) => spec.nodeName),
    column('Attached', 'boolean', 'Whether it is attached now.', ({ status }) => status?.attached ?? false),
    ageColumn<VolumeAttachment>(),
  ],
  selectableFields: {},
  strategy: volumeAttachmentStrategy,
};
