import type { ReplicaSet } from '../generated/types.js';
import { formatLabelSelector } from '../labels/selector.js';
import { ageColumn, column, containerColumns, nameColumn, wideColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import {
  validateReplicaSet,
  validateReplicaSetStatusUpdate,
  validateReplicaSetUpdate,
} from '../validation/replica-set.js';
import { setPodSpecDefaults } from './pod-defaults.js';
import { podNameWarnings } from './pod-name-warning.js';
import { podTemplateWarnings } from './pod-warnings.js';
import { serializeSelector } from './selector-text.js';

const replicaSetStrategy: ResourceStrategy<ReplicaSet> = {
  tracksGeneration: true,
  setDefaults({ spec }) {
    if (spec === undefined) return;
    spec.replicas ??= 1;
    if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
  },
  prepareForCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
  },
  prepareForUpdate(replicaSet, old) {
    replicaSet.status = old.status;
  },
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: validateReplicaSetStatusUpdate,
  warnings: (replicaSet, old) => [
    ...(old === undefined ? podNameWarnings(replicaSet) : []),
    ...podTemplateWarnings(replicaSet.spec?.template, 'spec.template', replicaSet, old),
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

const replicaSetColumns: readonly PrinterColumn<ReplicaSet>[] = [
  nameColumn<ReplicaSet>(),
  column('Desired', 'integer', 'How many pods are wanted.', ({ spec }) => spec?.replicas ?? 0),
  column('Current', 'integer', 'How many pods there are.', ({ status }) => status?.replicas ?? 0),
  column('Ready', 'integer', 'How many pods are ready.', ({ status }) => status?.readyReplicas ?? 0),
  ageColumn<ReplicaSet>(),
  ...containerColumns<ReplicaSet>(({ spec }) => spec?.template?.spec?.containers ?? []),
  wideColumn('Selector', 'Which pods belong to the replica set.', ({ spec }) => formatLabelSelector(spec?.selector)),
];

export const replicaSets: ResourceType<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  definition: 'ReplicaSet',
  subresources: [
    { name: 'status', kind: 'ReplicaSet', verbs: ['get', 'patch', 'update'] },
    { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  ],
  columns: replicaSetColumns,
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  strategy: replicaSetStrategy,
};
