import type { CSIDriver } from '../generated/types.js';
import { ageColumn, column, nameColumn, orNone } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { validateCsiDriver, validateCsiDriverUpdate } from '../validation/csi-driver.js';

/** The gate MutableCSINodeAllocatableCount is off in v1.34: what it guards is dropped, without a word. */
function dropUpdatePeriod({ spec }: CSIDriver): void {
  delete spec.nodeAllocatableUpdatePeriodSeconds;
}

const csiDriverStrategy: ResourceStrategy<CSIDriver> = {
  returnsDeletedObject: true,
  tracksGeneration: true,
  allowUnconditionalUpdate: false,
  setDefaults(driver) {
    driver.spec ??= {};
    const { spec } = driver;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
  },
  prepareForCreate: dropUpdatePeriod,
  prepareForUpdate: dropUpdatePeriod,
  validate: validateCsiDriver,
  validateUpdate: validateCsiDriverUpdate,
};

const columns: readonly PrinterColumn<CSIDriver>[] = [
  nameColumn<CSIDriver>(),
  column(
    'AttachRequired',
    'boolean',
    'Whether volumes are attached to nodes.',
    ({ spec }) => spec.attachRequired ?? true,
  ),
  column(
    'PodInfoOnMount',
    'boolean',
    'Whether the driver hears of the pod.',
    ({ spec }) => spec.podInfoOnMount ?? false,
  ),
  column('StorageCapacity', 'boolean', 'Whether the driver tells what is free.', ({ spec }) => {
    return spec.storageCapacity ?? false;
  }),
  column('TokenRequests', 'string', 'The audiences of the tokens that the driver gets.', ({ spec }) => {
    return spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>';
  }),
  column('RequiresRepublish', 'boolean', 'Whether the driver is called again and again.', ({ spec }) => {
    return spec.requiresRepublish ?? false;
  }),
  column('Modes', 'string', 'How long volumes live.', ({ spec }) => orNone(spec.volumeLifecycleModes?.join(','))),
  ageColumn<CSIDriver>(),
];

export const csiDrivers: ResourceType<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  shortNames: [],
  categories: [],
  namespaced: false,
  definition: 'CSIDriver',
  subresources: [],
  columns,
  selectableFields: {},
  strategy: csiDriverStrategy,
};
