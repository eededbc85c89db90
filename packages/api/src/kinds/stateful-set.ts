import type { PersistentVolumeClaim, StatefulSet, StatefulSetSpec } from '../generated/types.js';
import { ageColumn, column, containerColumns, nameColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import {
  validateStatefulSet,
  validateStatefulSetStatusUpdate,
  validateStatefulSetUpdate,
} from '../validation/stateful-set.js';
import { setClaimSpecDefaults } from './claim-defaults.js';
import { setPodSpecDefaults } from './pod-defaults.js';
import { podTemplateWarnings } from './pod-warnings.js';
import { serializeSelector } from './selector-text.js';

const HISTORY_WARNING =
  'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';

const statefulSetStrategy: ResourceStrategy<StatefulSet> = {
  tracksGeneration: true,
  nameRule: 'dnsLabel',
  setDefaults(statefulSet) {
    statefulSet.spec ??= {} as StatefulSetSpec;
    const { spec } = statefulSet;
    spec.podManagementPolicy ||= 'OrderedReady';
    setUpdateStrategyDefaults(spec);
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) setClaimTemplateDefaults(claim);
    if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
  },
  prepareForCreate(statefulSet) {
    statefulSet.status = { replicas: 0, availableReplicas: 0 };
    dropMaxUnavailable(statefulSet);
  },
  prepareForUpdate(statefulSet, old) {
    statefulSet.status = old.status;
    if (old.spec?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) dropMaxUnavailable(statefulSet);
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatusUpdate,
  warnings: (statefulSet, old) => [
    ...podTemplateWarnings(statefulSet.spec?.template, 'spec.template', statefulSet, old),
    ...((statefulSet.spec?.revisionHistoryLimit ?? 0) < 0 ? [HISTORY_WARNING] : []),
  ],
  scale: {
    getReplicas: ({ spec }) => spec?.replicas ?? 0,
    setReplicas: ({ spec }, replicas) => {
      if (spec) spec.replicas = replicas;
    },
    getStatusReplicas: ({ status }) => status?.replicas ?? 0,
    getSelector: ({ spec }) => serializeSelector(spec?.selector),
  },
};

function setUpdateStrategyDefaults(spec: StatefulSetSpec): void {
  spec.updateStrategy ??= {};
  const { updateStrategy } = spec;
  updateStrategy.type ||= 'RollingUpdate';
  if (updateStrategy.type !== 'RollingUpdate') return;
  updateStrategy.rollingUpdate ??= {};
  updateStrategy.rollingUpdate.partition ??= 0;
}

/** The gate MaxUnavailableStatefulSet is off in v1.34: what it guards is dropped, without a word. */
function dropMaxUnavailable({ spec }: StatefulSet): void {
  delete spec?.updateStrategy?.rollingUpdate?.maxUnavailable;
}

function setClaimTemplateDefaults(claim: PersistentVolumeClaim): void {
  claim.apiVersion ||= 'v1';
  claim.kind ||= 'PersistentVolumeClaim';
  claim.spec ??= {};
  setClaimSpecDefaults(claim.spec);
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
}

const statefulSetColumns: readonly PrinterColumn<StatefulSet>[] = [
  nameColumn<StatefulSet>(),
  column('Ready', 'string', 'How many pods are ready, of how many that are wanted.', ({ spec, status }) => {
    return `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
  }),
  ageColumn<StatefulSet>(),
  ...containerColumns<StatefulSet>(({ spec }) => spec?.template?.spec?.containers ?? []),
];

export const statefulSets: ResourceType<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  definition: 'StatefulSet',
  subresources: [
    { name: 'status', kind: 'StatefulSet', verbs: ['get', 'patch', 'update'] },
    { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  ],
  columns: statefulSetColumns,
  selectableFields: {},
  strategy: statefulSetStrategy,
};
