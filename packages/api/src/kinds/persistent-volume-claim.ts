import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../generated/types.js';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.js';
import { parseQuantity, QuantityError } from '../quantity/quantity.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import {
  validatePersistentVolumeClaim,
  validatePersistentVolumeClaimStatusUpdate,
  validatePersistentVolumeClaimUpdate,
} from '../validation/persistent-volume-claim.js';
import { canonicalizeList } from './canonical-amounts.js';
import { setClaimSpecDefaults } from './claim-defaults.js';
import { classAnnotationWarnings, shortAccessModes, storageClassNameOf } from './storage-class-name.js';

const SNAPSHOT_GROUP = 'snapshot.storage.k8s.io';
const NANO = 1_000_000_000n;

const persistentVolumeClaimStrategy: ResourceStrategy<PersistentVolumeClaim> = {
  returnsDeletedObject: true,
  tracksGeneration: false,
  setDefaults({ spec, status }) {
    if (status) status.phase ||= 'Pending';
    for (const list of [status?.capacity, status?.allocatedResources]) canonicalizeList(list);
    if (spec) setClaimSpecDefaults(spec);
  },
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' };
    if (claim.spec === undefined) return;
    if (claim.spec.dataSourceRef?.namespace) delete claim.spec.dataSourceRef;
    if (claim.spec.dataSource && !isClaimOrSnapshot(claim.spec.dataSource)) delete claim.spec.dataSource;
    repeatDataSource(claim.spec);
  },
  prepareForUpdate(claim, old) {
    claim.status = old.status;
    if (claim.spec) repeatDataSource(claim.spec);
  },
  validate: validatePersistentVolumeClaim,
  validateUpdate: validatePersistentVolumeClaimUpdate,
  validateStatusUpdate: validatePersistentVolumeClaimStatusUpdate,
  warnings: (claim) => [...classAnnotationWarnings(claim), ...sizeWarnings(claim)],
};

/** The older field takes these two only, and drops all others silently (KEP-1495). */
function isClaimOrSnapshot({ apiGroup = '', kind }: { apiGroup?: string; kind: string }): boolean {
  return (
    (kind === 'PersistentVolumeClaim' && apiGroup === '') || (kind === 'VolumeSnapshot' && apiGroup === SNAPSHOT_GROUP)
  );
}

/** Each of the two fields follows from the other. */
function repeatDataSource(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  if (dataSourceRef && !dataSource && !dataSourceRef.namespace && isClaimOrSnapshot(dataSourceRef)) {
    const { apiGroup, kind, name } = dataSourceRef;
    spec.dataSource = { ...(apiGroup === undefined ? {} : { apiGroup }), kind, name };
  }
}

function sizeWarnings({ spec }: PersistentVolumeClaim): string[] {
  const size = spec?.resources?.requests?.storage;
  if (size === undefined || isWhole(size)) return [];
  return [`spec.resources.requests[storage]: fractional byte value "${size}" is invalid, must be an integer`];
}

function isWhole(size: string): boolean {
  try {
    return parseQuantity(size).nano % NANO === 0n;
  } catch (error) {
    // Validation has said so.
    if (error instanceof QuantityError) return true;
    throw error;
  }
}

const columns: readonly PrinterColumn<PersistentVolumeClaim>[] = [
  nameColumn<PersistentVolumeClaim>(),
  column('Status', 'string', 'Whether the claim has a volume.', ({ metadata, status }) =>
    metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
  ),
  column('Volume', 'string', 'The volume that the claim is bound to.', ({ spec }) => spec?.volumeName ?? ''),
  column('Capacity', 'string', 'How much the volume holds.', ({ spec, status }) =>
    spec?.volumeName ? (status?.capacity?.storage ?? '0') : '',
  ),
  column('Access Modes', 'string', 'How the volume may be mounted.', ({ spec, status }) =>
    spec?.volumeName ? shortAccessModes(status?.accessModes) : '',
  ),
  column('StorageClass', 'string', 'The class of the claim.', storageClassNameOf),
  column('VolumeAttributesClass', 'string', 'The class of its attributes.', ({ spec }) => {
    return spec?.volumeAttributesClassName ?? '<unset>';
  }),
  ageColumn<PersistentVolumeClaim>(),
  wideColumn(
    'VolumeMode',
    'Whether it is a file system or a bare device.',
    ({ spec }) => spec?.volumeMode ?? '<unset>',
  ),
];

export const persistentVolumeClaims: ResourceType<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  categories: [],
  namespaced: true,
  definition: 'PersistentVolumeClaim',
  subresources: [{ name: 'status', kind: 'PersistentVolumeClaim', verbs: ['get', 'patch', 'update'] }],
  columns,
  selectableFields: {},
  strategy: persistentVolumeClaimStrategy,
};
