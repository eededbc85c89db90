import type { ReplicationController } from '../generated/types.js';
import { selectorFromLabels } from '../labels/selector.js';
import { ageColumn, column, containerColumns, formatLabels, nameColumn, wideColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { validateReplicaSetStatusUpdate } from '../validation/replica-set.js';
import { validateReplicationController } from '../validation/replication-controller.js';
import { setPodSpecDefaults } from './pod-defaults.js';
import { podNameWarnings } from './pod-name-warning.js';
import { podTemplateWarnings } from './pod-warnings.js';

const replicationControllerStrategy: ResourceStrategy<ReplicationController> = {
  tracksGeneration: true,
  defaultPropagationPolicy: 'Orphan',
  setDefaults(controller) {
    controller.spec ??= {};
    const { spec } = controller;
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined) {
      controller.metadata ??= {};
      if (isEmpty(spec.selector)) spec.selector = { ...labels };
      if (isEmpty(controller.metadata.labels)) controller.metadata.labels = { ...labels };
    }
    spec.replicas ??= 1;
    if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
  },
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
  },
  prepareForUpdate(controller, old) {
    controller.status = old.status;
  },
  validate: validateReplicationController,
  validateStatusUpdate: ({ status }) => validateReplicaSetStatusUpdate({ status }),
  warnings: (controller, old) => [
    ...(old === undefined ? podNameWarnings(controller) : []),
    ...podTemplateWarnings(controller.spec?.template, 'spec.template', controller, old),
  ],
  scale: {
    getReplicas: ({ spec }) => spec?.replicas ?? 0,
    setReplicas: ({ spec }, replicas) => {
      if (spec) spec.replicas = replicas;
    },
    getStatusReplicas: ({ status }) => status?.replicas ?? 0,
    getSelector: ({ spec }) => selectorFromLabels(spec?.selector).toString(),
  },
};

function isEmpty(labels: Readonly<Record<string, string>> | undefined): boolean {
  return Object.keys(labels ?? {}).length === 0;
}

const replicationControllerColumns: readonly PrinterColumn<ReplicationController>[] = [
  nameColumn<ReplicationController>(),
  column('Desired', 'integer', 'How many pods are wanted.', ({ spec }) => spec?.replicas ?? 0),
  column('Current', 'integer', 'How many pods there are.', ({ status }) => status?.replicas ?? 0),
  column('Ready', 'integer', 'How many pods are ready.', ({ status }) => status?.readyReplicas ?? 0),
  ageColumn<ReplicationController>(),
  ...containerColumns<ReplicationController>(({ spec }) => spec?.template?.spec?.containers ?? []),
  wideColumn('Selector', 'Which pods belong to the controller.', ({ spec }) => formatLabels(spec?.selector)),
];

export const replicationControllers: ResourceType<ReplicationController> = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  definition: 'ReplicationController',
  subresources: [
    { name: 'status', kind: 'ReplicationController', verbs: ['get', 'patch', 'update'] },
    { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  ],
  columns: replicationControllerColumns,
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  strategy: replicationControllerStrategy,
};
