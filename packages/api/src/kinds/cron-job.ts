import type { CronJob, CronJobSpec } from '../generated/types.js';
import { formatLabelSelector } from '../labels/selector.js';
import { ageColumn, column, containerColumns, nameColumn, orNone, wideColumn } from '../printers/columns.js';
import { ageOf } from '../printers/duration.js';
import type { PrinterColumn, ResourceStrategy, ResourceType } from '../resource.js';
import { validateCronJobCreate, validateCronJobUpdate } from '../validation/cron-job.js';
import { jobSpecWarnings, setJobTemplateDefaults } from './job.js';
import { podNameWarnings } from './pod-name-warning.js';

const cronJobStrategy: ResourceStrategy<CronJob> = {
  tracksGeneration: true,
  setDefaults(cronJob) {
    cronJob.spec ??= {} as CronJobSpec;
    const { spec } = cronJob;
    spec.concurrencyPolicy ||= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    if (spec.jobTemplate?.spec) setJobTemplateDefaults(spec.jobTemplate.spec);
  },
  prepareForCreate(cronJob) {
    cronJob.status = {};
  },
  prepareForUpdate(cronJob, old) {
    cronJob.status = old.status;
  },
  validateCreate: validateCronJobCreate,
  validateUpdate: validateCronJobUpdate,
  warnings(cronJob, old) {
    const names = old === undefined ? podNameWarnings(cronJob) : [];
    return [...names, ...jobSpecWarnings(cronJob.spec?.jobTemplate?.spec, 'spec.jobTemplate.spec', cronJob, old)];
  },
};

function suspendText(suspend: boolean | undefined): string {
  if (suspend === undefined) return '<unset>';
  return suspend ? 'True' : 'False';
}

export const cronJobColumns: readonly PrinterColumn<CronJob>[] = [
  nameColumn<CronJob>(),
  column('Schedule', 'string', 'When a job is made, as cron writes it.', ({ spec }) => spec?.schedule ?? ''),
  column('Timezone', 'string', 'The time zone of the schedule.', ({ spec }) => orNone(spec?.timeZone)),
  column('Suspend', 'boolean', 'Whether no more jobs are made for now.', ({ spec }) => suspendText(spec?.suspend)),
  column('Active', 'integer', 'How many of its jobs run.', ({ status }) => (status?.active ?? []).length),
  column('Last Schedule', 'string', 'The time since a job was last made.', ({ status }, nowMs) => {
    return status?.lastScheduleTime === undefined ? '<none>' : ageOf(status.lastScheduleTime, nowMs);
  }),
  ageColumn<CronJob>(),
  ...containerColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.template?.spec?.containers ?? []),
  wideColumn('Selector', 'Which pods belong to its jobs.', ({ spec }) => {
    return formatLabelSelector(spec?.jobTemplate?.spec?.selector);
  }),
];

export const cronJobs: ResourceType<CronJob> = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  definition: 'CronJob',
  subresources: [{ name: 'status', kind: 'CronJob', verbs: ['get', 'patch', 'update'] }],
  columns: cronJobColumns,
  selectableFields: {},
  strategy: cronJobStrategy,
};
