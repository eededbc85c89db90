import type { PersistentVolume } from '../generated/types.js';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from '../validation/persistent-volume.js';
import { canonicalizeList } from './canonical-amounts.js';
import { deprecatedNodeLabelWarnings } from './deprecated-node-labels.js';
import { classAnnotationWarnings, shortAccessModes, storageClassNameOf } from './storage-class-name.js';

const MOUNT_OPTIONS_ANNOTATION = 'volume.beta.kubernetes.io/mount-options';
/** Sources that Kubernetes still stores and no longer mounts. */
const GONE_SOURCES = {
  photonPersistentDisk: 'deprecated since v1.11, non-functional since v1.16',
  scaleIO: 'deprecated since v1.16, non-functional since v1.22',
  storageos: 'deprecated since v1.22, non-functional since v1.25',
  glusterfs: 'deprecated since v1.25, non-functional since v1.26',
  rbd: 'deprecated since v1.28, non-functional since v1.31',
  cephfs: 'deprecated since v1.28, non-functional since v1.31',
} as const;

const persistentVolumeStrategy: ResourceStrategy<PersistentVolume> = {
  returnsDeletedObject: true,
  tracksGeneration: false,
  setDefaults({ spec, status }) {
    if (status) status.phase ||= 'Pending';
    if (spec === undefined) return;
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
    if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default';
    canonicalizeList(spec.capacity);
  },
  prepareForCreate(volume) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: volume.metadata?.creationTimestamp };
  },
  prepareForUpdate(volume, old) {
    volume.status = old.status;
  },
  /** Who changes the phase need not say when. */
  prepareForSubresource(volume, old, _subresource, { nowMs }) {
    const { status } = volume;
    if (status === undefined || status.phase === old.status?.phase) return;
    const time = status.lastPhaseTransitionTime;
    if (time !== undefined && time !== old.status?.lastPhaseTransitionTime) return;
    status.lastPhaseTransitionTime = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  },
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  warnings: (volume) => [...classAnnotationWarnings(volume), ...volumeWarnings(volume)],
};

function volumeWarnings({ metadata, spec = {} }: PersistentVolume): string[] {
  const warnings: string[] = [];
  if (metadata?.annotations?.[MOUNT_OPTIONS_ANNOTATION] !== undefined) {
    const path = `metadata.annotations[${MOUNT_OPTIONS_ANNOTATION}]`;
    warnings.push(`${path}: deprecated since v1.31; use "mountOptions" attribute instead`);
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    warnings.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  }
  for (const [field, text] of Object.entries(GONE_SOURCES)) {
    if (spec[field as keyof typeof GONE_SOURCES]) warnings.push(`spec.${field}: ${text}`);
  }
  (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).forEach((term, t) => {
    (term.matchExpressions ?? []).forEach(({ key }, e) => {
      const path = `spec.nodeAffinity.required.nodeSelectorTerms[${t}].matchExpressions[${e}].key`;
      warnings.push(...deprecatedNodeLabelWarnings([key], path, true));
    });
  });
  return warnings;
}

const columns: readonly PrinterColumn<PersistentVolume>[] = [
  nameColumn<PersistentVolume>(),
  column('Capacity', 'string', 'How much the volume holds.', ({ spec }) => spec?.capacity?.storage ?? '0'),
  column('Access Modes', 'string', 'How the volume may be mounted.', ({ spec }) => shortAccessModes(spec?.accessModes)),
  column('Reclaim Policy', 'string', 'What becomes of the volume when its claim is gone.', ({ spec }) => {
    return spec?.persistentVolumeReclaimPolicy ?? '';
  }),
  column('Status', 'string', 'Whether the volume is free, bound or going.', ({ metadata, status }) =>
    metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
  ),
  column('Claim', 'string', 'The claim that the volume is bound to.', ({ spec }) =>
    spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
  ),
  column('StorageClass', 'string', 'The class of the volume.', storageClassNameOf),
  column('VolumeAttributesClass', 'string', 'The class of its attributes.', ({ spec }) => {
    return spec?.volumeAttributesClassName ?? '<unset>';
  }),
  column('Reason', 'string', 'Why the volume is in its phase, in a word.', ({ status }) => status?.reason ?? ''),
  ageColumn<PersistentVolume>(),
  wideColumn(
    'VolumeMode',
    'Whether it is a file system or a bare device.',
    ({ spec }) => spec?.volumeMode ?? '<unset>',
  ),
];

export const persistentVolumes: ResourceType<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  categories: [],
  namespaced: false,
  definition: 'PersistentVolume',
  subresources: [{ name: 'status', kind: 'PersistentVolume', verbs: ['get', 'patch', 'update'] }],
  columns,
  selectableFields: {},
  strategy: persistentVolumeStrategy,
};
