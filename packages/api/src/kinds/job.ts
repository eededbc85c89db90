import type { Job, JobSpec } from '../generated/types.js';
import { formatLabelSelector } from '../labels/selector.js';
import type { KubernetesObject } from '../object.js';
import { ageColumn, column, containerColumns, nameColumn, wideColumn } from '../printers/columns.js';
import { humanDuration } from '../printers/duration.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { CONTROLLER_UID_LABELS, JOB_NAME_LABELS, validateJob } from '../validation/job.js';
import { validateJobStatusUpdate } from '../validation/job-status.js';
import { validateJobUpdate } from '../validation/job-update.js';
import { MAX_INT32 } from '../validation/values.js';
import { setPodSpecDefaults } from './pod-defaults.js';
import { podNameWarnings } from './pod-name-warning.js';
import { podTemplateWarnings } from './pod-warnings.js';

const DEFAULT_BACKOFF_LIMIT = 6;
const MANY_COMPLETIONS = 100_000;
const MANY_PARALLEL = 10_000;

const jobStrategy: ResourceStrategy<Job> = {
  tracksGeneration: true,
  defaultPropagationPolicy: 'Orphan',
  setDefaults(job) {
    job.spec ??= {} as JobSpec;
    const { spec } = job;
    spec.template ??= {};
    if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? DEFAULT_BACKOFF_LIMIT : MAX_INT32;
    spec.completionMode ??= 'NonIndexed';
    spec.suspend ??= false;
    spec.manualSelector ??= false;
    spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
    setJobTemplateDefaults(spec);
    const labels = spec.template?.metadata?.labels;
    job.metadata ??= {};
    // The same map, so that what is generated into it is in both.
    if (labels !== undefined && isEmpty(job.metadata.labels)) job.metadata.labels = labels;
  },
  prepareForCreate(job) {
    job.status = {};
    if (job.spec?.template === undefined || job.spec.manualSelector === true) return;
    generateSelector(job);
    const { labels } = job.spec.template.metadata ?? {};
    if (isEmpty(job.metadata?.labels)) job.metadata = { ...job.metadata, ...(labels ? { labels: { ...labels } } : {}) };
  },
  prepareForUpdate(job, old) {
    job.status = old.status;
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatusUpdate,
  warnings(job, old) {
    const names = old === undefined ? podNameWarnings(job) : [];
    return [...names, ...jobSpecWarnings(job.spec, 'spec', job, old)];
  },
};

function isEmpty(labels: Readonly<Record<string, string>> | undefined): boolean {
  return Object.keys(labels ?? {}).length === 0;
}

/** What a CronJob's template gets as well. */
export function setJobTemplateDefaults(spec: JobSpec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

/** Labels that only this Job's pods have. Those that are there stay; validation refuses what contradicts. */
function generateSelector({ metadata = {}, spec }: Job): void {
  if (spec?.template === undefined) return;
  const { uid = '', name = '' } = metadata;
  spec.template.metadata ??= {};
  spec.template.metadata.labels ??= {};
  const { labels } = spec.template.metadata;
  for (const label of JOB_NAME_LABELS) labels[label] ??= name;
  for (const label of CONTROLLER_UID_LABELS) labels[label] ??= uid;
  spec.selector ??= {};
  spec.selector.matchLabels ??= {};
  spec.selector.matchLabels[CONTROLLER_UID_LABELS[1]] ??= uid;
}

/** Of the Job, or the CronJob, `object`: when it is new, and when a write has changed what is wanted of it. */
export function jobSpecWarnings(
  spec: JobSpec | undefined,
  path: string,
  object: KubernetesObject,
  old: KubernetesObject | undefined,
): string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec ?? {};
  if (old !== undefined && object.metadata?.generation === old.metadata?.generation) return [];
  const pods = podTemplateWarnings(template, `${path}.template`, object, old);
  if (completionMode !== 'Indexed' || completions <= MANY_COMPLETIONS || parallelism <= MANY_PARALLEL) return pods;
  return [
    `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
    ...pods,
  ];
}

function statusOf({ metadata, status }: Job): string {
  const has = (type: string): boolean =>
    (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata?.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function completionsOf({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationOf({ status }: Job, nowMs: number): string {
  if (status?.startTime === undefined) return '';
  const endMs = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
  return humanDuration(endMs - Date.parse(status.startTime));
}

const jobColumns: readonly PrinterColumn<Job>[] = [
  nameColumn<Job>(),
  column('Status', 'string', 'How far the job is.', statusOf),
  column('Completions', 'string', 'How many pods have succeeded, of how many that must.', completionsOf),
  column('Duration', 'string', 'How long the job has run.', durationOf),
  ageColumn<Job>(),
  ...containerColumns<Job>(({ spec }) => spec?.template?.spec?.containers ?? []),
  wideColumn('Selector', 'Which pods belong to the job.', ({ spec }) => formatLabelSelector(spec?.selector)),
];

export const jobs: ResourceType<Job> = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  shortNames: [],
  categories: ['all'],
  namespaced: true,
  definition: 'Job',
  subresources: [{ name: 'status', kind: 'Job', verbs: ['get', 'patch', 'update'] }],
  columns: jobColumns,
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  strategy: jobStrategy,
};
