import { type BadManifestsByKind, MISMATCH, NOT_NEGATIVE, TEMPLATE } from './bad-manifest.js';

/** What the core group has of workloads. */
export const badControllers: BadManifestsByKind = {
  ReplicationController: {
    path: '/api/v1/namespaces/default/replicationcontrollers',
    kind: 'ReplicationController',
    manifest: { metadata: { name: 'r' }, spec: { template: TEMPLATE } },
    cases: [
      [
        'no template',
        { 'spec.template': undefined },
        ['spec.selector', 'Required value'],
        ['spec.template', 'Required value'],
      ],
      ['pods without labels', { 'spec.template.metadata': undefined }, ['spec.selector', 'Required value']],
      [
        'a selector of other pods',
        { 'spec.selector': { app: 'y' } },
        ['spec.template.metadata.labels', `Invalid value: {"app":"x"}: ${MISMATCH}`],
      ],
      ['negative replicas', { 'spec.replicas': -3 }, ['spec.replicas', `Invalid value: -3: ${NOT_NEGATIVE}`]],
      [
        'pods that end',
        { 'spec.template.spec.restartPolicy': 'Never' },
        ['spec.template.spec.restartPolicy', 'Unsupported value: "Never": supported values: "Always"'],
      ],
      [
        'pods with a deadline',
        { 'spec.template.spec.activeDeadlineSeconds': 5 },
        [
          'spec.template.spec.activeDeadlineSeconds',
          'Forbidden: activeDeadlineSeconds in ReplicationController is not Supported',
        ],
      ],
    ],
  },
  PodTemplate: {
    path: '/api/v1/namespaces/default/podtemplates',
    kind: 'PodTemplate',
    manifest: { metadata: { name: 'p' }, template: TEMPLATE },
    cases: [
      ['no containers', { 'template.spec.containers': [] }, ['template.spec.containers', 'Required value']],
      [
        'a restart policy that is none',
        { 'template.spec.restartPolicy': 'Maybe' },
        ['template.spec.restartPolicy', 'Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"'],
      ],
    ],
  },
};
