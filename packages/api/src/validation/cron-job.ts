import type { FieldError } from '../errors.js';
import type { CronJob, CronJobSpec } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { isTimeZone, scheduleProblem } from './cron-schedule.js';
import { invalidValue, required } from './field-error.js';
import { validateJobTemplate } from './job.js';
import { nonNegative, oneOf } from './values.js';

type Spec = DeepReadonly<CronJobSpec>;

/** The names of its Jobs get eleven characters more, and may have 63. */
const MAX_NAME_LENGTH = 52;
const ZONE_PART = /^[A-Za-z._\-0-9+]{1,14}$/;

export function validateCronJobCreate({ metadata, spec }: DeepReadonly<CronJob>): FieldError[] {
  const errors = validateSpec(spec, undefined);
  const name = metadata?.name ?? '';
  if (name.length > MAX_NAME_LENGTH) {
    errors.push(invalidValue('metadata.name', name, `must be no more than ${MAX_NAME_LENGTH} characters`));
  }
  return errors;
}

export function validateCronJobUpdate({ spec }: DeepReadonly<CronJob>, old: DeepReadonly<CronJob>): FieldError[] {
  return validateSpec(spec, old.spec);
}

function validateSpec(spec: Spec = {} as Spec, old: Spec | undefined): FieldError[] {
  return [
    ...validateSchedule(spec, old, 'spec.schedule'),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...(spec.timeZone === old?.timeZone ? [] : validateTimeZone(spec.timeZone, 'spec.timeZone')),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']),
    ...validateJobTemplate(spec.jobTemplate ?? {}, 'spec.jobTemplate'),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ];
}

/** A zone within the schedule is left to those that have had one before there was a field for it. */
function validateSchedule({ schedule = '', timeZone }: Spec, old: Spec | undefined, path: string): FieldError[] {
  if (schedule === '') return [required(path)];
  const problem = scheduleProblem(schedule);
  const errors = problem === undefined ? [] : [invalidValue(path, schedule, problem)];
  if (!schedule.includes('TZ')) return errors;
  const isOld = old?.schedule?.includes('TZ') === true;
  if (!isOld) {
    const text = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(invalidValue(path, schedule, text));
  } else if (timeZone !== undefined) {
    errors.push(invalidValue(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  }
  return errors;
}

function validateTimeZone(timeZone: string | undefined, path: string): FieldError[] {
  if (timeZone === undefined) return [];
  if (timeZone === '') return [invalidValue(path, timeZone, 'timeZone must be nil or non-empty string')];
  const isNamed = timeZone
    .split('/')
    .every((part) => part !== '.' && part !== '..' && !part.startsWith('-') && ZONE_PART.test(part));
  if (!isNamed) return [invalidValue(path, timeZone, `unknown time zone ${timeZone}`)];
  if (timeZone.toLowerCase() === 'local') {
    const text = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    const errors = [invalidValue(path, timeZone, text)];
    // Go knows exactly one spelling of it.
    return timeZone === 'Local' ? errors : [...errors, invalidValue(path, timeZone, `unknown time zone ${timeZone}`)];
  }
  return isTimeZone(timeZone) ? [] : [invalidValue(path, timeZone, `unknown time zone ${timeZone}`)];
}
