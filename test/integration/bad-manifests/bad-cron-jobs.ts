import { type BadManifestsByKind, CONTAINERS, NOT_NEGATIVE } from './bad-manifest.js';

/** batch/v1 CronJobs. */
export const badCronJobs: BadManifestsByKind = {
  CronJob: {
    path: '/apis/batch/v1/namespaces/default/cronjobs',
    kind: 'CronJob.batch',
    manifest: {
      metadata: { name: 'c' },
      spec: {
        schedule: '0 * * * *',
        jobTemplate: { spec: { template: { spec: { containers: CONTAINERS, restartPolicy: 'OnFailure' } } } },
      },
    },
    cases: [
      [
        'nothing wanted',
        { spec: undefined },
        ['spec.schedule', 'Required value'],
        ['spec.jobTemplate.spec.template.spec.containers', 'Required value'],
        ['spec.jobTemplate.spec.template.spec.restartPolicy', 'Required value: valid values: "OnFailure", "Never"'],
      ],
      ['no schedule', { 'spec.schedule': '' }, ['spec.schedule', 'Required value']],
      [
        'too few fields',
        { 'spec.schedule': '* * *' },
        ['spec.schedule', 'Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]'],
      ],
      [
        'a minute too late',
        { 'spec.schedule': '60 * * * *' },
        ['spec.schedule', 'Invalid value: "60 * * * *": end of range (60) above maximum (59): 60'],
      ],
      [
        'a day too early',
        { 'spec.schedule': '0 0 0 * *' },
        ['spec.schedule', 'Invalid value: "0 0 0 * *": beginning of range (0) below minimum (1): 0'],
      ],
      [
        'a word',
        { 'spec.schedule': 'x * * * *' },
        [
          'spec.schedule',
          'Invalid value: "x * * * *": failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
        ],
      ],
      [
        'backwards',
        { 'spec.schedule': '5-1 * * * *' },
        ['spec.schedule', 'Invalid value: "5-1 * * * *": beginning of range (5) beyond end of range (1): 5-1'],
      ],
      [
        'in no steps',
        { 'spec.schedule': '*/0 * * * *' },
        ['spec.schedule', 'Invalid value: "*/0 * * * *": step of range should be a positive number: */0'],
      ],
      [
        'a name that is none',
        { 'spec.schedule': '@sometimes' },
        ['spec.schedule', 'Invalid value: "@sometimes": unrecognized descriptor: @sometimes'],
      ],
      [
        'a zone in the schedule',
        { 'spec.schedule': 'TZ=UTC 0 * * * *' },
        [
          'spec.schedule',
          'Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
        ],
      ],
      [
        'a zone that is none',
        { 'spec.timeZone': 'Mars/Olympus' },
        ['spec.timeZone', 'Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
      ],
      [
        'an empty zone',
        { 'spec.timeZone': '' },
        ['spec.timeZone', 'Invalid value: "": timeZone must be nil or non-empty string'],
      ],
      [
        'the zone of wherever it is',
        { 'spec.timeZone': 'Local' },
        [
          'spec.timeZone',
          'Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
        ],
      ],
      [
        'a policy that is none',
        { 'spec.concurrencyPolicy': 'x' },
        ['spec.concurrencyPolicy', 'Unsupported value: "x": supported values: "Allow", "Forbid", "Replace"'],
      ],
      [
        'a negative deadline',
        { 'spec.startingDeadlineSeconds': -1 },
        ['spec.startingDeadlineSeconds', `Invalid value: -1: ${NOT_NEGATIVE}`],
      ],
      [
        'a negative history',
        { 'spec.successfulJobsHistoryLimit': -1, 'spec.failedJobsHistoryLimit': -2 },
        ['spec.successfulJobsHistoryLimit', `Invalid value: -1: ${NOT_NEGATIVE}`],
        ['spec.failedJobsHistoryLimit', `Invalid value: -2: ${NOT_NEGATIVE}`],
      ],
      [
        'a selector of its jobs',
        { 'spec.jobTemplate.spec.selector': { matchLabels: { a: 'b' } }, 'spec.jobTemplate.spec.manualSelector': true },
        [
          'spec.jobTemplate.spec.selector',
          'Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
        ],
        ['spec.jobTemplate.spec.manualSelector', 'Unsupported value: true: supported values: "nil", "false"'],
      ],
      [
        'pods that always restart',
        { 'spec.jobTemplate.spec.template.spec.restartPolicy': 'Always' },
        ['spec.jobTemplate.spec.template.spec.restartPolicy', 'Required value: valid values: "OnFailure", "Never"'],
      ],
      [
        'a long name',
        { 'metadata.name': 'a'.repeat(53) },
        ['metadata.name', `Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`],
      ],
    ],
  },
};
