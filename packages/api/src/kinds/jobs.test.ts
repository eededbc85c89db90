import { describe, expect, it } from 'vitest';
import type { CronJob, Job, JobSpec, JobStatus } from '../generated/types.js';
import type { Persisted } from '../object.js';
import { scheduleProblem } from '../validation/cron-schedule.js';
import { cronJobs } from './cron-job.js';
import { jobs } from './job.js';

const NOW = Date.parse('2024-01-01T01:00:00Z');
const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();

function jobOf(spec: Partial<JobSpec> = {}, metadata: Job['metadata'] = {}): Job {
  return {
    metadata: { name: 'j', uid: 'u', ...metadata },
    spec: { template: { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' } }, ...spec },
  };
}

function created(job: Job): Job {
  jobs.strategy.setDefaults?.(job);
  jobs.strategy.prepareForCreate?.(job);
  return job;
}

const GENERATED = {
  'controller-uid': 'u',
  'batch.kubernetes.io/controller-uid': 'u',
  'job-name': 'j',
  'batch.kubernetes.io/job-name': 'j',
};

describe('a new job', () => {
  it('runs once, tries seven times, and finds its pods by a label of its own', () => {
    const job = created(jobOf());
    expect(job.spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
      template: { metadata: { labels: GENERATED } },
    });
    expect(job.metadata?.labels).toEqual(GENERATED);
    expect(job.status).toEqual({});
    expect(jobs.strategy.validate?.(job)).toEqual([]);
  });

  it.each<[string, Partial<JobSpec>, Partial<JobSpec>]>([
    ['a queue', { parallelism: 3 }, { parallelism: 3 }],
    ['some at a time', { completions: 3 }, { parallelism: 1, completions: 3 }],
    [
      'tries for each index',
      { completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 1 },
      { backoffLimit: 2_147_483_647 },
    ],
    [
      'a failure policy',
      { podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'A', status: '' }] }] } },
      {
        podReplacementPolicy: 'Failed',
        podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'A', status: 'True' }] }] },
      },
    ],
  ])('with %s', (_what, spec, expected) => {
    expect(created(jobOf(spec)).spec).toMatchObject(expected);
  });

  it('with a queue has no number of completions', () => {
    expect(created(jobOf({ parallelism: 3 })).spec).not.toHaveProperty('completions');
  });

  it('keeps labels of its own, and takes over those of its pods otherwise', () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: jobOf().spec?.template.spec };
    expect(created(jobOf({ template }, { labels: { mine: 'x' } })).metadata?.labels).toEqual({ mine: 'x' });
    const labelled = { ...structuredClone(template), metadata: { labels: { a: 'b' } } };
    expect(created(jobOf({ template: labelled })).metadata?.labels).toEqual({ a: 'b', ...GENERATED });
  });

  it('may bring its own selector', () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: jobOf().spec?.template.spec };
    const job = created(jobOf({ manualSelector: true, selector: { matchLabels: { a: 'b' } }, template }));
    expect(job.spec?.selector).toEqual({ matchLabels: { a: 'b' } });
    expect(job.spec?.template.metadata?.labels).toEqual({ a: 'b' });
    expect(jobs.strategy.validate?.(job)).toEqual([]);
  });

  it('warns of a name that pods cannot have, and of too many indexes', () => {
    const job = jobOf({ completionMode: 'Indexed', completions: 100_001, parallelism: 10_001 }, { name: 'a.b' });
    expect(jobs.strategy.warnings?.(job, undefined)).toEqual([
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
      'spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
    ]);
    expect(jobs.strategy.warnings?.(jobOf(), undefined)).toEqual([]);
  });
});

describe('an update of a job', () => {
  const problems = (spec: Partial<JobSpec>, old: Partial<JobSpec> = {}, status: JobStatus = {}): string[] => {
    const errors = jobs.strategy.validateUpdate?.(created(jobOf(spec)), {
      ...created(jobOf(old)),
      status,
    } as Persisted<Job>);
    return (errors ?? []).map(({ field }) => field);
  };
  const podsOn = (zone: string): JobSpec['template'] => ({
    spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never', nodeSelector: { zone } },
  });

  it('moves the pods of a job that waits, and of no other', () => {
    const [here, there] = [podsOn('a'), podsOn('b')];
    expect(problems({ template: here }, { template: there })).toEqual(['spec.template']);
    expect(problems({ template: podsOn('a'), suspend: true }, { template: podsOn('b'), suspend: true })).toEqual([]);
    const started = { startTime: at(5) };
    expect(
      problems({ template: podsOn('a'), suspend: true }, { template: podsOn('b'), suspend: true }, started),
    ).toEqual(['spec.template']);
  });

  it('resizes an indexed job as a whole', () => {
    const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
    expect(problems({ ...indexed, completions: 5, parallelism: 5 }, indexed)).toEqual([]);
    expect(problems({ ...indexed, completions: 5 }, indexed)).toEqual(['spec.completions']);
    expect(problems({ parallelism: 9, completions: 1 }, { completions: 1 })).toEqual([]);
  });
});

describe('the status of a job', () => {
  const is = (...types: string[]): JobStatus['conditions'] => types.map((type) => ({ type, status: 'True' }));
  const done: JobStatus = {
    conditions: is('SuccessCriteriaMet', 'Complete'),
    startTime: at(9),
    completionTime: at(5),
    succeeded: 1,
  };

  it.each<[string, JobStatus, JobStatus, string[]]>([
    ['running', { active: 1, ready: 1, startTime: at(9) }, {}, []],
    ['done', done, { startTime: done.startTime, active: 1 }, []],
    ['negative', { active: -1 }, {}, ['status.active: Invalid value: -1: must be greater than or equal to 0']],
    [
      'more ready than there are',
      { active: 1, ready: 2 },
      {},
      ['status.ready: Invalid value: 2: cannot set more ready pods than active'],
    ],
    [
      'done and failed',
      { ...done, conditions: is('SuccessCriteriaMet', 'Complete', 'Failed', 'FailureTarget') },
      {},
      [
        'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
      ],
    ],
    [
      'done without a time',
      { ...done, completionTime: undefined },
      {},
      ['status.completionTime: Required value: completionTime is required for Complete jobs'],
    ],
    [
      'done with pods',
      { ...done, active: 1 },
      {},
      ['status.active: Invalid value: 1: active>0 is invalid for finished job'],
    ],
    [
      'not done any more',
      { startTime: done.startTime, succeeded: 0 },
      done,
      [
        'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
        'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter',
        'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
      ],
    ],
    [
      'started anew',
      { startTime: at(1) },
      { startTime: at(9) },
      ['status.startTime: Required value: startTime cannot be removed for unsuspended job'],
    ],
    [
      'indexes of a job without',
      { completedIndexes: '0' },
      {},
      [
        'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      ],
    ],
    [
      'a pod counted twice',
      { uncountedTerminatedPods: { succeeded: ['a'], failed: ['a'] } },
      {},
      ['status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"'],
    ],
  ])('%s', (_what, status, old, expected) => {
    const errors = jobs.strategy.validateStatusUpdate?.({ ...created(jobOf()), status }, {
      ...created(jobOf()),
      status: old,
    } as Persisted<Job>);
    expect((errors ?? []).map(({ field, message }) => `${field}: ${message}`)).toEqual(expected);
  });

  it('names no index twice', () => {
    const spec = { completionMode: 'Indexed', completions: 9, backoffLimitPerIndex: 1 };
    const errors = jobs.strategy.validateStatusUpdate?.(
      { ...created(jobOf(spec)), status: { completedIndexes: '1-3,5', failedIndexes: '0,5-6' } },
      created(jobOf(spec)) as Persisted<Job>,
    );
    expect(errors?.map(({ message }) => message)).toEqual([
      'Invalid value: "0,5-6": failedIndexes and completedIndexes overlap at index: 5',
    ]);
  });
});

describe('columns', () => {
  const cells = (job: Job): unknown[] => jobs.columns.slice(1, 4).map(({ value }) => value(job as Persisted<Job>, NOW));

  it.each<[Job, unknown[]]>([
    [jobOf({ completions: 3 }), ['Running', '0/3', '']],
    [{ ...jobOf({ parallelism: 3 }), status: { succeeded: 1, startTime: at(65) } }, ['Running', '1/1 of 3', '65s']],
    [
      {
        ...jobOf({ completions: 1 }),
        status: {
          succeeded: 1,
          startTime: at(200),
          completionTime: at(60),
          conditions: [{ type: 'Complete', status: 'True' }],
        },
      },
      ['Complete', '1/1', '2m20s'],
    ],
    [
      { ...jobOf({ parallelism: 1 }), status: { conditions: [{ type: 'Suspended', status: 'True' }] } },
      ['Suspended', '0/1', ''],
    ],
    [jobOf({}, { deletionTimestamp: at(1) }), ['Terminating', '0/1', '']],
  ])('of a job', (job, expected) => {
    expect(cells(job)).toEqual(expected);
  });

  it('of a cron job', () => {
    const cronJob = {
      metadata: { name: 'c', creationTimestamp: at(320) },
      spec: { schedule: '@daily', timeZone: 'Europe/Berlin', suspend: true, jobTemplate: { spec: jobOf().spec } },
      status: { active: [{}, {}], lastScheduleTime: at(60) },
    } as Persisted<CronJob>;
    expect(cronJobs.columns.map(({ value }) => value(cronJob, NOW))).toEqual([
      'c',
      '@daily',
      'Europe/Berlin',
      'True',
      2,
      '60s',
      '5m20s',
      'c',
      'i',
      '<none>',
    ]);
  });
});

describe('cron jobs', () => {
  const cronJobOf = (spec: Partial<CronJob['spec']> = {}): CronJob => ({
    metadata: { name: 'c' },
    spec: { schedule: '@daily', jobTemplate: { spec: jobOf().spec }, ...spec },
  });

  it('fill in their own fields, and of the job template only the pods', () => {
    const cronJob = cronJobOf();
    cronJobs.strategy.setDefaults?.(cronJob);
    expect(cronJob.spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    expect(Object.keys(cronJob.spec?.jobTemplate.spec ?? {})).toEqual(['template']);
    expect(cronJob.spec?.jobTemplate.spec?.template.spec?.dnsPolicy).toBe('ClusterFirst');
  });

  it('keep a zone in a schedule that has always had one', () => {
    const zoned = cronJobOf({ schedule: 'TZ=UTC 0 0 * * *', concurrencyPolicy: 'Allow' });
    for (const one of [zoned]) cronJobs.strategy.setDefaults?.(one);
    const problems = (cronJob: CronJob) =>
      cronJobs.strategy.validateUpdate?.(cronJob, zoned as Persisted<CronJob>).map(({ message }) => message);
    expect(problems(zoned)).toEqual([]);
    const both = structuredClone(zoned);
    if (both.spec) both.spec.timeZone = 'UTC';
    expect(problems(both)).toEqual([
      'Invalid value: "TZ=UTC 0 0 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule',
    ]);
  });

  it.each([
    '* * * * *',
    '*/5 0-6 1,15 jan-DEC MON',
    '0 0 ? * 0',
    '5/10 * * * *',
    '@every 1h30m',
    '@every 1.5s',
    '@midnight',
    'CRON_TZ=Europe/Berlin 0 0 * * *',
  ])('read %s', (schedule) => {
    expect(scheduleProblem(schedule)).toBeUndefined();
  });

  it.each([
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['*/x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['-1 * * * *', 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'],
    ['@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'],
    ['TZ=Nowhere/At_all 0 0 * * *', 'provided bad location Nowhere/At_all: unknown time zone Nowhere/At_all'],
  ])('do not read %s', (schedule, problem) => {
    expect(scheduleProblem(schedule)).toBe(problem);
  });
});
