import { type BadManifestsByKind, MISMATCH, NOT_NEGATIVE, SELECTOR, TEMPLATE } from './bad-manifest.js';

/** apps/v1. */
export const badApps: BadManifestsByKind = {
  DaemonSet: {
    path: '/apis/apps/v1/namespaces/default/daemonsets',
    kind: 'DaemonSet.apps',
    manifest: { metadata: { name: 'd' }, spec: { selector: SELECTOR, template: TEMPLATE } },
    cases: [
      [
        'nothing wanted',
        { spec: undefined },
        ['spec.template.metadata.labels', `Invalid value: null: ${MISMATCH}`],
        ['spec.template.spec.containers', 'Required value'],
        ['spec.selector', 'Required value'],
      ],
      ['no pods', { 'spec.template.spec': undefined }, ['spec.template.spec.containers', 'Required value']],
      [
        'a selector of other pods',
        { 'spec.selector': { matchLabels: { app: 'y' } } },
        ['spec.template.metadata.labels', `Invalid value: {"app":"x"}: ${MISMATCH}`],
      ],
      [
        'an empty selector',
        { 'spec.selector': {} },
        ['spec.selector', 'Invalid value: {}: empty selector is invalid for daemonset'],
      ],
      [
        'no selector',
        { 'spec.selector': undefined },
        ['spec.template.metadata.labels', `Invalid value: {"app":"x"}: ${MISMATCH}`],
        ['spec.selector', 'Required value'],
      ],
      [
        'pods that end',
        { 'spec.template.spec.restartPolicy': 'Never' },
        ['spec.template.spec.restartPolicy', 'Unsupported value: "Never": supported values: "Always"'],
      ],
      [
        'pods with a deadline',
        { 'spec.template.spec.activeDeadlineSeconds': 5 },
        ['spec.template.spec.activeDeadlineSeconds', 'Forbidden: activeDeadlineSeconds in DaemonSet is not Supported'],
      ],
      [
        'too little time',
        { 'spec.minReadySeconds': -1 },
        ['spec.minReadySeconds', `Invalid value: -1: ${NOT_NEGATIVE}`],
      ],
      [
        'a strategy that is none',
        { 'spec.updateStrategy': { type: 'Recreate' } },
        [
          'spec.updateStrategy',
          'Unsupported value: {"Type":"Recreate","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"',
        ],
      ],
      [
        'both more and fewer',
        { 'spec.updateStrategy': { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
        [
          'spec.updateStrategy.rollingUpdate.maxSurge',
          'Invalid value: 1: may not be set when maxUnavailable is non-zero',
        ],
      ],
      [
        'neither more nor fewer',
        { 'spec.updateStrategy': { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
        ['spec.updateStrategy.rollingUpdate.maxUnavailable', 'Required value: cannot be 0 when maxSurge is 0'],
      ],
      [
        'more than all',
        { 'spec.updateStrategy': { rollingUpdate: { maxUnavailable: '101%' } } },
        ['spec.updateStrategy.rollingUpdate.maxUnavailable', 'Invalid value: "101%": must not be greater than 100%'],
      ],
      [
        'a negative history',
        { 'spec.revisionHistoryLimit': -1 },
        ['spec.revisionHistoryLimit', `Invalid value: -1: ${NOT_NEGATIVE}`],
      ],
    ],
  },
  StatefulSet: {
    path: '/apis/apps/v1/namespaces/default/statefulsets',
    kind: 'StatefulSet.apps',
    manifest: { metadata: { name: 's' }, spec: { serviceName: 's', selector: SELECTOR, template: TEMPLATE } },
    cases: [
      [
        'nothing wanted',
        { spec: undefined },
        ['spec.selector', 'Required value'],
        ['spec.template.metadata.labels', `Invalid value: null: ${MISMATCH}`],
        ['spec.template.spec.containers', 'Required value'],
      ],
      [
        'a name with dots',
        { 'metadata.name': 'a.b' },
        ['metadata.name', 'Invalid value: "a.b": must not contain dots'],
      ],
      [
        'a management that is none',
        { 'spec.podManagementPolicy': 'x' },
        ['spec.podManagementPolicy', "Invalid value: \"x\": must be 'OrderedReady' or 'Parallel'"],
      ],
      [
        'a strategy that is none',
        { 'spec.updateStrategy': { type: 'x' } },
        [
          'spec.updateStrategy',
          'Invalid value: {"Type":"x","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'',
        ],
      ],
      [
        'a partition without a roll-out',
        { 'spec.updateStrategy': { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
        [
          'spec.updateStrategy.rollingUpdate',
          'Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
        ],
      ],
      [
        'a negative partition',
        { 'spec.updateStrategy': { rollingUpdate: { partition: -1 } } },
        ['spec.updateStrategy.rollingUpdate.partition', `Invalid value: -1: ${NOT_NEGATIVE}`],
      ],
      [
        'a retention that is none',
        { 'spec.persistentVolumeClaimRetentionPolicy': { whenScaled: 'x' } },
        [
          'spec.persistentVolumeClaimRetentionPolicy.whenScaled',
          'Unsupported value: "x": supported values: "Retain", "Delete"',
        ],
      ],
      ['negative replicas', { 'spec.replicas': -1 }, ['spec.replicas', `Invalid value: -1: ${NOT_NEGATIVE}`]],
      [
        'negative ordinals',
        { 'spec.ordinals': { start: -1 } },
        ['spec.ordinals.start', `Invalid value: -1: ${NOT_NEGATIVE}`],
      ],
      [
        'an empty selector',
        { 'spec.selector': {} },
        ['spec.selector', 'Invalid value: {}: empty selector is invalid for statefulset'],
      ],
      [
        'a selector of other pods',
        { 'spec.selector': { matchLabels: { app: 'y' } } },
        ['spec.template.metadata.labels', `Invalid value: {"app":"x"}: ${MISMATCH}`],
      ],
      [
        'pods that end',
        { 'spec.template.spec.restartPolicy': 'OnFailure' },
        ['spec.template.spec.restartPolicy', 'Unsupported value: "OnFailure": supported values: "Always"'],
      ],
      [
        'a mount of nothing',
        {
          'spec.template.spec.containers': [{ name: 'c', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
        },
        ['spec.template.spec.containers[0].volumeMounts[0].name', 'Not found: "v"'],
      ],
    ],
  },
  ControllerRevision: {
    path: '/apis/apps/v1/namespaces/default/controllerrevisions',
    kind: 'ControllerRevision.apps',
    manifest: { metadata: { name: 'r' }, data: { spec: {} }, revision: 1 },
    cases: [
      ['no data', { data: undefined }, ['data', 'Required value: data is mandatory']],
      ['a negative revision', { revision: -1 }, ['revision', `Invalid value: -1: ${NOT_NEGATIVE}`]],
    ],
  },
};
