import type { V1beta1CronJob } from '../../generated/types.js';
import type { ResourceType } from '../../resource.js';
import { cronJobs } from '../cron-job.js';
import { viewOf } from './view-of.js';

const view = viewOf<V1beta1CronJob, V1beta1CronJob>(cronJobs, {
  version: 'v1beta1',
  definition: 'V1beta1CronJob',
  deprecation: 'batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob',
});

/** What kubectl knew before v1.21. Its jobs outlive it, unless a delete says otherwise. */
export const cronJobsV1beta1: ResourceType<V1beta1CronJob> = {
  ...view,
  strategy: { ...view.strategy, defaultPropagationPolicy: 'Orphan' },
};
