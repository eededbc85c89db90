import type { DaemonSet, DaemonSetSpec } from '../generated/types.js';
import { formatLabelSelector } from '../labels/selector.js';
import { ageColumn, column, containerColumns, formatLabels, nameColumn, wideColumn } from '../printers/columns.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { validateDaemonSet, validateDaemonSetStatusUpdate, validateDaemonSetUpdate } from '../validation/daemon-set.js';
import { semanticEqual } from '../validation/semantic-equal.js';
import { setPodSpecDefaults } from './pod-defaults.js';
import { podTemplateWarnings } from './pod-warnings.js';

/** Counts the changes of the template; what older API versions have as spec.templateGeneration. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const daemonSetStrategy: ResourceStrategy<DaemonSet> = {
  tracksGeneration: true,
  setDefaults(daemonSet) {
    daemonSet.spec ??= {} as DaemonSetSpec;
    const { spec } = daemonSet;
    spec.revisionHistoryLimit ??= 10;
    spec.updateStrategy ??= {};
    const { updateStrategy } = spec;
    updateStrategy.type ||= 'RollingUpdate';
    if (updateStrategy.type === 'RollingUpdate') {
      updateStrategy.rollingUpdate ??= {};
      updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
  },
  prepareForCreate(daemonSet) {
    daemonSet.status = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    };
    setTemplateGeneration(daemonSet, Math.max(templateGenerationOf(daemonSet), 1));
  },
  prepareForUpdate(daemonSet, old) {
    daemonSet.status = old.status;
    const changes = !semanticEqual(daemonSet.spec?.template, old.spec?.template);
    setTemplateGeneration(daemonSet, templateGenerationOf(old) + (changes ? 1 : 0));
  },
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  validateStatusUpdate: validateDaemonSetStatusUpdate,
  warnings: (daemonSet, old) => podTemplateWarnings(daemonSet.spec?.template, 'spec.template', daemonSet, old),
};

function templateGenerationOf({ metadata }: DaemonSet): number {
  const text = metadata?.annotations?.[TEMPLATE_GENERATION] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function setTemplateGeneration(daemonSet: DaemonSet, generation: number): void {
  daemonSet.metadata ??= {};
  const { metadata } = daemonSet;
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

const daemonSetColumns: readonly PrinterColumn<DaemonSet>[] = [
  nameColumn<DaemonSet>(),
  column('Desired', 'integer', 'How many nodes should run the pod.', ({ status }) => {
    return status?.desiredNumberScheduled ?? 0;
  }),
  column('Current', 'integer', 'How many nodes run at least one pod and should.', ({ status }) => {
    return status?.currentNumberScheduled ?? 0;
  }),
  column('Ready', 'integer', 'On how many nodes the pod is ready.', ({ status }) => status?.numberReady ?? 0),
  column('Up-to-date', 'integer', 'On how many nodes the pod is of the current template.', ({ status }) => {
    return status?.updatedNumberScheduled ?? 0;
  }),
  column('Available', 'integer', 'On how many nodes the pod has been ready for minReadySeconds.', ({ status }) => {
    return status?.numberAvailable ?? 0;
  }),
  column('Node Selector', 'string', 'The labels of the nodes that run the pod.', ({ spec }) => {
    return formatLabels(spec?.template?.spec?.nodeSelector);
  }),
  ageColumn<DaemonSet>(),
  ...containerColumns<DaemonSet>(({ spec }) => spec?.template?.spec?.containers ?? []),
  wideColumn('Selector', 'Which pods belong to the daemon set.', ({ spec }) => formatLabelSelector(spec?.selector)),
];

export const daemonSets: ResourceType<DaemonSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  definition: 'DaemonSet',
  subresources: [{ name: 'status', kind: 'DaemonSet', verbs: ['get', 'patch', 'update'] }],
  columns: daemonSetColumns,
  selectableFields: {},
  strategy: daemonSetStrategy,
};
