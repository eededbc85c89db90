import type { FieldError } from '../errors.js';
import type { Job, JobStatus } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import { duplicate, invalidValue, invalidWithoutValue, required } from './field-error.js';
import { countIndexes, firstCommonIndex, IndexListError } from './job-indexes.js';
import { semanticEqual } from './semantic-equal.js';
import { nonNegative } from './values.js';

type ReadonlyJob = DeepReadonly<Job>;
type Status = DeepReadonly<JobStatus>;

/** Several rules hold only for what a write changes: a status that broke them before may still be written. */
interface Change {
  readonly job: ReadonlyJob;
  readonly status: Status;
  readonly old: Status;
  changes(...fields: (keyof JobStatus)[]): boolean;
  /** Whether a condition is true now and was not, or the other way round. */
  turns(...types: string[]): boolean;
  is(type: string): boolean;
}

export function validateJobStatusUpdate(job: ReadonlyJob, oldJob: ReadonlyJob): FieldError[] {
  const [status, old] = [job.status ?? {}, oldJob.status ?? {}];
  const change: Change = {
    job,
    status,
    old,
    changes: (...fields) => fields.some((field) => !semanticEqual(status[field], old[field])),
    turns: (...types) => types.some((type) => isTrue(status, type) !== isTrue(old, type)),
    is: (type) => isTrue(status, type),
  };
  return [
    ...validateCounts(status),
    ...validateConditions(change),
    ...validateFinished(change),
    ...validateTimes(change),
    ...validateIndexLists(change),
    ...validateTransition(change),
  ];
}

function isTrue({ conditions = [] }: Status, type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === 'True');
}

function validateCounts(status: Status): FieldError[] {
  const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;
  const errors = counts.flatMap((field) => nonNegative(`status.${field}`, status[field]));
  const seen = new Set<string>();
  for (const field of ['succeeded', 'failed'] as const) {
    (status.uncountedTerminatedPods?.[field] ?? []).forEach((uid, i) => {
      const path = `status.uncountedTerminatedPods.${field}[${i}]`;
      if (uid === '') errors.push(invalidValue(path, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(path, uid));
      seen.add(uid);
    });
  }
  return errors;
}

function validateConditions({ job, is, turns, changes }: Change): FieldError[] {
  const texts: string[] = [];
  const [complete, failed, succeeds] = [is('Complete'), is('Failed'), is('SuccessCriteriaMet')];
  if (turns('Complete', 'Failed') && complete && failed) {
    texts.push('cannot set Complete=True and Failed=true conditions');
  }
  if (turns('Complete', 'FailureTarget') && complete && is('FailureTarget')) {
    texts.push('cannot set Complete=True and FailureTarget=true conditions');
  }
  if ((turns('Failed') || changes('failedIndexes')) && failed && !is('FailureTarget')) {
    texts.push('cannot set Failed=True condition without the FailureTarget=true condition');
  }
  if (turns('Complete', 'SuccessCriteriaMet') && complete && !succeeds) {
    texts.push('cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
  }
  if (succeeds && failed) texts.push('cannot set SuccessCriteriaMet=True and Failed=true conditions');
  if (succeeds && is('FailureTarget'))
    texts.push('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  if (job.spec?.successPolicy && !succeeds && complete) {
    texts.push('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
  }
  return texts.map((text) => invalidWithoutValue('status.conditions', text));
}

function validateFinished({ status, is, turns, changes }: Change): FieldError[] {
  const errors: FieldError[] = [];
  const isFinished = is('Complete') || is('Failed');
  const turnsFinished = turns('Complete', 'Failed');
  const { active = 0, terminating = 0, ready, uncountedTerminatedPods: uncounted } = status;
  if (isFinished && (turnsFinished || changes('active')) && active > 0) {
    errors.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'));
  }
  if (isFinished && (turnsFinished || changes('startTime')) && status.startTime === undefined) {
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  }
  const uncountedPods = [...(uncounted?.failed ?? []), ...(uncounted?.succeeded ?? [])].length;
  if (isFinished && (turnsFinished || changes('uncountedTerminatedPods')) && uncountedPods > 0) {
    const shown = { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null };
    const text = 'uncountedTerminatedPods needs to be empty for finished job';
    errors.push(invalidValue('status.uncountedTerminatedPods', shown, text));
  }
  if (isFinished && (turnsFinished || changes('terminating')) && terminating > 0) {
    errors.push(invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'));
  }
  if (changes('ready', 'active') && ready !== undefined && ready > active) {
    errors.push(invalidValue('status.ready', ready, 'cannot set more ready pods than active'));
  }
  return errors;
}

function validateTimes({ status, is, turns, changes }: Change): FieldError[] {
  const errors: FieldError[] = [];
  const { startTime, completionTime } = status;
  const path = 'status.completionTime';
  if (turns('Complete') || changes('completionTime')) {
    if (completionTime !== undefined && !is('Complete')) {
      const text = 'cannot set completionTime when there is no Complete=True condition';
      errors.push(invalidValue(path, completionTime, text));
    }
    if (completionTime === undefined && is('Complete')) {
      errors.push(required(path, 'completionTime is required for Complete jobs'));
    }
  }
  const isBefore = Date.parse(completionTime ?? '') < Date.parse(startTime ?? '');
  if (changes('startTime', 'completionTime') && isBefore) {
    errors.push(invalidValue(path, completionTime, 'completionTime cannot be set before startTime'));
  }
  return errors;
}

function validateIndexLists({ job, status, changes }: Change): FieldError[] {
  const errors: FieldError[] = [];
  const { completions, completionMode, backoffLimitPerIndex } = job.spec ?? {};
  const { completedIndexes = '', failedIndexes } = status;
  const check = (field: 'completedIndexes' | 'failedIndexes', list: string): void => {
    const text = listProblem(list, completions ?? 0);
    if (text !== undefined) errors.push(invalidValue(`status.${field}`, list, `error parsing ${field}: ${text}`));
  };
  if (changes('completedIndexes') && completions !== undefined) check('completedIndexes', completedIndexes);
  if (changes('failedIndexes') && completions !== undefined && backoffLimitPerIndex !== undefined) {
    check('failedIndexes', failedIndexes ?? '');
  }
  if (changes('completedIndexes') && completedIndexes !== '' && completionMode !== 'Indexed') {
    const text = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.push(invalidValue('status.completedIndexes', completedIndexes, text));
  }
  if (changes('failedIndexes') && failedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    const text = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.push(invalidValue('status.failedIndexes', failedIndexes, text));
  }
  if (changes('failedIndexes', 'completedIndexes') && completions !== undefined && failedIndexes !== undefined) {
    const index = firstCommonIndex(completedIndexes, failedIndexes, completions);
    if (index !== undefined) {
      const text = `failedIndexes and completedIndexes overlap at index: ${index}`;
      errors.push(invalidValue('status.failedIndexes', failedIndexes, text));
    }
  }
  return errors;
}

function listProblem(list: string, completions: number): string | undefined {
  try {
    countIndexes(list, completions);
    return undefined;
  } catch (error) {
    if (error instanceof IndexListError) return error.message;
    throw error;
  }
}

/** What once was so must stay so. */
function validateTransition({ job, status, old, is }: Change): FieldError[] {
  const errors: FieldError[] = [];
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (isTrue(old, type) && !is(type)) {
      errors.push(invalidWithoutValue('status.conditions', `cannot disable the terminal ${type}=True condition`));
    }
  }
  const { completions, parallelism, completionMode, suspend } = job.spec ?? {};
  const mayShrink = completionMode === 'Indexed' && completions === parallelism;
  for (const field of mayShrink ? (['failed'] as const) : (['failed', 'succeeded'] as const)) {
    const count = status[field] ?? 0;
    if (count < (old[field] ?? 0)) {
      errors.push(invalidValue(`status.${field}`, count, `cannot decrease the ${field} counter`));
    }
  }
  const { completionTime, startTime } = status;
  if (completionTime !== undefined && old.completionTime !== undefined && completionTime !== old.completionTime) {
    errors.push(invalidValue('status.completionTime', completionTime, 'completionTime cannot be mutated'));
  }
  if (old.startTime !== undefined && startTime !== old.startTime && suspend !== true) {
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  }
  if (isTrue(old, 'SuccessCriteriaMet') && !is('SuccessCriteriaMet')) {
    errors.push(invalidWithoutValue('status.conditions', 'cannot disable the SuccessCriteriaMet=True condition'));
  }
  if (isTrue(old, 'Complete') && !isTrue(old, 'SuccessCriteriaMet') && is('SuccessCriteriaMet')) {
    const text = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
    errors.push(invalidWithoutValue('status.conditions', text));
  }
  return errors;
}
