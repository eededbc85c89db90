import { expect } from 'vitest';
import { type BadManifestsByKind, CONTAINERS, MISMATCH, NOT_NEGATIVE } from './bad-manifest.js';

/** batch/v1 Jobs. */
export const badJobs: BadManifestsByKind = {
  Job: {
    path: '/apis/batch/v1/namespaces/default/jobs',
    kind: 'Job.batch',
    manifest: {
      metadata: { name: 'j' },
      spec: { template: { spec: { containers: CONTAINERS, restartPolicy: 'Never' } } },
    },
    cases: [
      [
        'nothing wanted',
        { spec: undefined },
        ['spec.template.spec.containers', 'Required value'],
        ['spec.template.spec.restartPolicy', 'Required value: valid values: "OnFailure", "Never"'],
      ],
      [
        'pods that always restart',
        { 'spec.template.spec.restartPolicy': undefined },
        ['spec.template.spec.restartPolicy', 'Required value: valid values: "OnFailure", "Never"'],
      ],
      [
        'a restart policy that is none',
        { 'spec.template.spec.restartPolicy': 'x' },
        [
          'spec.template.spec.restartPolicy',
          'Unsupported value: "x": supported values: "Always", "OnFailure", "Never"',
        ],
        ['spec.template.spec.restartPolicy', 'Unsupported value: "x": supported values: "OnFailure", "Never"'],
      ],
      ['negative parallelism', { 'spec.parallelism': -1 }, ['spec.parallelism', `Invalid value: -1: ${NOT_NEGATIVE}`]],
      ['negative completions', { 'spec.completions': -1 }, ['spec.completions', `Invalid value: -1: ${NOT_NEGATIVE}`]],
      [
        'a negative deadline',
        { 'spec.activeDeadlineSeconds': -1 },
        ['spec.activeDeadlineSeconds', `Invalid value: -1: ${NOT_NEGATIVE}`],
      ],
      ['no tries', { 'spec.backoffLimit': -1 }, ['spec.backoffLimit', `Invalid value: -1: ${NOT_NEGATIVE}`]],
      [
        'a negative afterlife',
        { 'spec.ttlSecondsAfterFinished': -1 },
        ['spec.ttlSecondsAfterFinished', `Invalid value: -1: ${NOT_NEGATIVE}`],
      ],
      [
        'a mode that is none',
        { 'spec.completionMode': 'x' },
        ['spec.completionMode', 'Unsupported value: "x": supported values: "NonIndexed", "Indexed"'],
      ],
      [
        'indexes without an end',
        { 'spec.completionMode': 'Indexed', 'spec.parallelism': 2 },
        ['spec.completions', 'Required value: when completion mode is Indexed'],
      ],
      [
        'too much at once',
        { 'spec.completionMode': 'Indexed', 'spec.completions': 5, 'spec.parallelism': 100_001 },
        [
          'spec.parallelism',
          'Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
        ],
      ],
      [
        'a limit for each of no indexes',
        { 'spec.backoffLimitPerIndex': 1 },
        ['spec.backoffLimitPerIndex', 'Invalid value: 1: requires indexed completion mode'],
      ],
      [
        'failed indexes without their limit',
        { 'spec.completionMode': 'Indexed', 'spec.completions': 5, 'spec.maxFailedIndexes': 6 },
        ['spec.backoffLimitPerIndex', 'Required value: when maxFailedIndexes is specified'],
        ['spec.maxFailedIndexes', 'Invalid value: 6: must be less than or equal to completions'],
      ],
      [
        'many indexes without a limit',
        { 'spec.completionMode': 'Indexed', 'spec.completions': 100_001, 'spec.backoffLimitPerIndex': 1 },
        ['spec.maxFailedIndexes', 'Required value: must be specified when completions is above 100000'],
      ],
      [
        'a manager without a domain',
        { 'spec.managedBy': 'me' },
        ['spec.managedBy', 'Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
      ],
      [
        'a selector of its own without saying so',
        { 'spec.selector': { matchLabels: { a: 'b' } } },
        ['spec.selector', expect.stringMatching(/^Invalid value: \{.*\}: `selector` not auto-generated$/)],
        ['spec.template.metadata.labels', expect.stringMatching(/`selector` does not match template `labels`$/)],
      ],
      [
        'a manual selector that is not there',
        { 'spec.manualSelector': true },
        ['spec.selector', 'Required value'],
        ['spec.template.metadata.labels', `Invalid value: null: ${MISMATCH}`],
      ],
      [
        'labels of another job',
        { 'spec.template.metadata': { labels: { 'job-name': 'other' } } },
        ['spec.template.metadata.labels[job-name]', expect.stringMatching(/^Invalid value: \{.*\}: must be 'j'$/)],
      ],
      [
        'an action that is none',
        { 'spec.podFailurePolicy': { rules: [{ action: 'x', onExitCodes: { operator: 'In', values: [1] } }] } },
        [
          'spec.podFailurePolicy.rules[0].action',
          'Unsupported value: "x": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
        ],
      ],
      [
        'a rule of nothing',
        { 'spec.podFailurePolicy': { rules: [{ action: 'Ignore' }] } },
        [
          'spec.podFailurePolicy.rules[0]',
          'Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
        ],
      ],
      [
        'a rule of both',
        {
          'spec.podFailurePolicy': {
            rules: [
              {
                action: 'Ignore',
                onExitCodes: { operator: 'In', values: [1] },
                onPodConditions: [{ type: 'DisruptionTarget' }],
              },
            ],
          },
        },
        [
          'spec.podFailurePolicy.rules[0]',
          'Invalid value: specifying both OnExitCodes and OnPodConditions is not supported',
        ],
      ],
      [
        'exit codes out of order, twice, and 0',
        {
          'spec.podFailurePolicy': {
            rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [3, 0, 3] } }],
          },
        },
        ['spec.podFailurePolicy.rules[0].onExitCodes.values[1]', 'Invalid value: 0: must not be 0 for the In operator'],
        ['spec.podFailurePolicy.rules[0].onExitCodes.values[2]', 'Duplicate value: 3'],
        ['spec.podFailurePolicy.rules[0].onExitCodes.values', 'Invalid value: [3,0,3]: must be ordered'],
      ],
      [
        'exit codes of no container',
        {
          'spec.podFailurePolicy': {
            rules: [{ action: 'FailJob', onExitCodes: { containerName: 'x', operator: 'In', values: [1] } }],
          },
        },
        [
          'spec.podFailurePolicy.rules[0].onExitCodes.containerName',
          'Invalid value: "x": must be one of the container or initContainer names in the pod template',
        ],
      ],
      [
        'an index to fail where there are none',
        {
          'spec.podFailurePolicy': { rules: [{ action: 'FailIndex', onPodConditions: [{ type: 'A', status: 'x' }] }] },
        },
        [
          'spec.podFailurePolicy.rules[0].action',
          'Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
        ],
        [
          'spec.podFailurePolicy.rules[0].onPodConditions[0].status',
          'Unsupported value: "x": supported values: "False", "True", "Unknown"',
        ],
      ],
      [
        'a failure policy for pods that restart',
        {
          'spec.template.spec.restartPolicy': 'OnFailure',
          'spec.podFailurePolicy': { rules: [{ action: 'Count', onPodConditions: [{ type: 'A' }] }] },
        },
        [
          'spec.template.spec.restartPolicy',
          'Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
        ],
      ],
      [
        'a replacement that is none',
        { 'spec.podReplacementPolicy': 'x' },
        ['spec.podReplacementPolicy', 'Unsupported value: "x": supported values: "Failed", "TerminatingOrFailed"'],
      ],
      [
        'success of some where there are no indexes',
        { 'spec.successPolicy': { rules: [{ succeededCount: 1 }] } },
        [
          'spec.successPolicy',
          'Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode',
        ],
      ],
      [
        'success of nothing',
        { 'spec.completionMode': 'Indexed', 'spec.completions': 3, 'spec.successPolicy': { rules: [] } },
        [
          'spec.successPolicy.rules',
          'Required value: at least one rules must be specified when the successPolicy is specified',
        ],
      ],
      [
        'success of indexes that are not',
        {
          'spec.completionMode': 'Indexed',
          'spec.completions': 3,
          'spec.successPolicy': {
            rules: [{ succeededIndexes: '0-5' }, { succeededIndexes: '2,1' }, { succeededCount: 4 }],
          },
        },
        [
          'spec.successPolicy.rules[0].succeededIndexes',
          'Invalid value: "0-5": error parsing succeededIndexes: too large index: "5"',
        ],
        [
          'spec.successPolicy.rules[1].succeededIndexes',
          'Invalid value: "2,1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1',
        ],
        [
          'spec.successPolicy.rules[2].succeededCount',
          'Invalid value: 4: must be less than or equal to 3 (the number of specified completions)',
        ],
      ],
      [
        'a name that leaves no room for indexes',
        { 'metadata.name': 'a'.repeat(62), 'spec.completionMode': 'Indexed', 'spec.completions': 3 },
        [
          'metadata.name',
          `Invalid value: "${'a'.repeat(62)}": will not able to create pod with invalid DNS label: ${'a'.repeat(62)}-2`,
        ],
      ],
    ],
  },
};
