import type { Deployment } from '../generated/types.js';
import { formatLabelSelector } from '../labels/selector.js';
import { ageColumn, column, containerColumns, nameColumn, wideColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import {
  validateDeployment,
  validateDeploymentStatusUpdate,
  validateDeploymentUpdate,
} from '../validation/deployment.js';
import { setPodSpecDefaults } from './pod-defaults.js';
import { podNameWarnings } from './pod-name-warning.js';
import { podTemplateWarnings } from './pod-warnings.js';
import { serializeSelector } from './selector-text.js';

const deploymentStrategy: ResourceStrategy<Deployment> = {
  tracksGeneration: true,
  setDefaults(deployment) {
    const spec = deployment.spec;
    if (spec === undefined) return;
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    setRolloutDefaults(deployment);
    if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
  },
  prepareForCreate(deployment) {
    deployment.status = {};
  },
  prepareForUpdate(deployment, old) {
    deployment.status = old.status;
  },
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  validateStatusUpdate: validateDeploymentStatusUpdate,
  warnings: (deployment, old) => [
    ...(old === undefined ? podNameWarnings(deployment) : []),
    ...podTemplateWarnings(deployment.spec?.template, 'spec.template', deployment, old),
  ],
  scale: {
    getReplicas: (deployment) => deployment.spec?.replicas ?? 0,
    setReplicas: (deployment, replicas) => {
      if (deployment.spec) deployment.spec.replicas = replicas;
    },
    getStatusReplicas: (deployment) => deployment.status?.replicas ?? 0,
    getSelector: (deployment) => serializeSelector(deployment.spec?.selector),
  },
};

function setRolloutDefaults({ spec }: Deployment): void {
  if (spec === undefined) return;
  spec.strategy ??= {};
  const { strategy } = spec;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type !== 'RollingUpdate') return;
  strategy.rollingUpdate ??= {};
  strategy.rollingUpdate.maxUnavailable ??= '25%';
  strategy.rollingUpdate.maxSurge ??= '25%';
}

const deploymentColumns: readonly PrinterColumn<Deployment>[] = [
  nameColumn<Deployment>(),
  column('Ready', 'string', 'How many pods are ready, of how many that are wanted.', ({ spec, status }) => {
    return `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
  }),
  column(
    'Up-to-date',
    'string',
    'How many pods are of the current template.',
    ({ status }) => status?.updatedReplicas ?? 0,
  ),
  column('Available', 'string', 'How many pods have been ready for minReadySeconds.', ({ status }) => {
    return status?.availableReplicas ?? 0;
  }),
  ageColumn<Deployment>(),
  ...containerColumns<Deployment>(({ spec }) => spec?.template?.spec?.containers ?? []),
  wideColumn('Selector', 'Which pods belong to the deployment.', ({ spec }) => formatLabelSelector(spec?.selector)),
];

export const deployments: ResourceType<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  definition: 'Deployment',
  subresources: [
    { name: 'status', kind: 'Deployment', verbs: ['get', 'patch', 'update'] },
    { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  ],
  columns: deploymentColumns,
  selectableFields: {},
  strategy: deploymentStrategy,
};
