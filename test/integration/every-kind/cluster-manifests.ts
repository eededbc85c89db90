import { type KindManifests, SELECTOR } from './kind-manifests.js';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: 'every-kind',
  name: 'web-0',
  uid: '11111111-2222-3333-4444-555555555555',
  resourceVersion: '7',
  fieldPath: 'spec.containers{main}',
};
const TOLERATIONS = [
  { key: 'dedicated', operator: 'Equal', value: 'full', effect: 'NoSchedule' },
  { key: 'gone', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
];
const RULES = [
  {
    apiGroups: ['', 'apps'],
    resources: ['pods', 'deployments/scale'],
    resourceNames: ['web'],
    verbs: ['get', 'patch'],
  },
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
];
const SUBJECTS = [
  { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' },
  { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'ops' },
  { kind: 'ServiceAccount', name: 'robot', namespace: 'every-kind' },
];
const ROLE_REF = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
/** For CN=ann, O=ops. */
const REQUEST =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIVk1INENBUUF3SERFTU1Bb0dBMVVFQ2d3RGIzQnpNUXd3Q2dZRFZRUUREQU5oYm00d1dUQVRCZ2NxaGtqTwpQUUlCQmdncWhrak9QUU1CQndOQ0FBUUJGNFN4Y3QyamtNWUV4RmpaSzNSd2o5dXdPRzFWTncvbDlHR1dUL3NuCnhRT0liYkFzdGNTN1kvb1dLSlFaNXBld1lYMzBjcHVBb2MwQXV3aE9NR1pSb0FBd0NnWUlLb1pJemowRUF3SUQKUndBd1JBSWdFZVFKTXBwRzZkejNtMWFEZFNHUC9rS1VhV1M4bTFFeExXTlF0amhObHA0Q0lEb2p6NStNOGYxdgpzZEdIVFl6K0pGdFV5cjZSR0t4c0t2UFgvZ2dRS3NqcgotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K';

/** The cluster itself, configuration, and who may do what. */
export const CLUSTER: readonly KindManifests[] = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    minimal: {},
    full: [{ spec: { finalizers: ['kubernetes', 'example.com/mine'] } }],
  },
  {
    apiVersion: 'v1',
    kind: 'Node',
    minimal: {},
    full: [
      {
        spec: {
          externalID: 'node-9',
          podCIDR: '10.244.9.0/24',
          podCIDRs: ['10.244.9.0/24', 'fd00:9::/64'],
          providerID: 'kubelab://node-9',
          taints: [
            { key: 'dedicated', value: 'full', effect: 'NoSchedule' },
            { key: 'gone', effect: 'NoExecute', timeAdded: '2024-01-02T03:04:05Z' },
            { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
          ],
          unschedulable: true,
        },
      },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    minimal: {},
    full: [{ data: { a: '1', 'b.txt': 'two\nlines\n', empty: '' }, binaryData: { 'c-3': 'AAH/' }, immutable: true }],
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    minimal: {},
    full: [{ data: { a: 'MQ==', empty: '' }, immutable: true, type: 'example.com/type' }],
  },
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    minimal: {},
    full: [{ automountServiceAccountToken: false, imagePullSecrets: [{ name: 'pull' }], secrets: [POD] }],
  },
  {
    apiVersion: 'v1',
    kind: 'Event',
    minimal: { involvedObject: { namespace: 'every-kind' } },
    full: [
      {
        action: 'Binding',
        count: 4,
        eventTime: '2024-01-02T03:04:05.000006Z',
        firstTimestamp: '2024-01-02T03:04:05Z',
        involvedObject: POD,
        lastTimestamp: '2024-01-02T03:05:05Z',
        message: 'It was bound.',
        reason: 'Bound',
        related: { ...POD, kind: 'Node' },
        reportingComponent: 'example.com/scheduler',
        reportingInstance: 'scheduler-1',
        series: { count: 4, lastObservedTime: '2024-01-02T03:05:05.000007Z' },
        source: { component: 'scheduler', host: 'node-1' },
        type: 'Warning',
      },
    ],
  },
  {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    minimal: {
      action: 'Binding',
      eventTime: '2024-01-02T03:04:05.000006Z',
      reason: 'Bound',
      regarding: { namespace: 'every-kind' },
      reportingController: 'example.com/scheduler',
      reportingInstance: 'scheduler-1',
      type: 'Normal',
    },
    full: [
      {
        action: 'Binding',
        eventTime: '2024-01-02T03:04:05.000006Z',
        note: 'It was bound.',
        reason: 'Bound',
        regarding: POD,
        related: { ...POD, kind: 'Node' },
        reportingController: 'example.com/scheduler',
        reportingInstance: 'scheduler-1',
        series: { count: 4, lastObservedTime: '2024-01-02T03:05:05.000007Z' },
        type: 'Warning',
      },
    ],
  },
  {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    minimal: {},
    full: [
      {
        spec: {
          acquireTime: '2024-01-02T03:04:05.000006Z',
          holderIdentity: 'me',
          leaseDurationSeconds: 15,
          leaseTransitions: 3,
          renewTime: '2024-01-02T03:05:05.000007Z',
        },
      },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'LimitRange',
    namespace: 'every-kind-limits',
    minimal: { spec: { limits: [] } },
    full: [
      {
        spec: {
          limits: [
            {
              type: 'Container',
              default: { cpu: '500m', memory: '128Mi' },
              defaultRequest: { cpu: '100m', memory: '64Mi' },
              max: { cpu: '2', memory: '1Gi' },
              maxLimitRequestRatio: { cpu: '10' },
              min: { cpu: '10m', memory: '4Mi' },
            },
            { type: 'Pod', max: { cpu: '4' }, min: { cpu: '10m' } },
            { type: 'PersistentVolumeClaim', max: { storage: '10Gi' }, min: { storage: '1Gi' } },
          ],
        },
      },
    ],
  },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    namespace: 'every-kind-limits',
    minimal: {},
    full: [
      {
        spec: {
          hard: { pods: '1k', 'requests.cpu': '100', 'limits.memory': '1Ti' },
          scopes: ['NotBestEffort', 'NotTerminating'],
          scopeSelector: {
            matchExpressions: [
              { scopeName: 'PriorityClass', operator: 'In', values: ['high', 'low'] },
              { scopeName: 'CrossNamespacePodAffinity', operator: 'Exists' },
            ],
          },
        },
      },
      { spec: { hard: { 'count/deployments.apps': '10', 'services.nodeports': '3', secrets: '9' } } },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    minimal: {},
    full: [{ rules: RULES }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    minimal: {},
    full: [
      { rules: [...RULES, { nonResourceURLs: ['/metrics', '/logs/*'], verbs: ['get'] }] },
      {
        rules: [],
        aggregationRule: { clusterRoleSelectors: [SELECTOR] },
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    minimal: { roleRef: { kind: 'Role', name: 'reader' } },
    full: [{ roleRef: ROLE_REF, subjects: SUBJECTS }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    minimal: { roleRef: { kind: 'ClusterRole', name: 'view' } },
    full: [{ roleRef: ROLE_REF, subjects: SUBJECTS }],
  },
  {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    minimal: { spec: { request: REQUEST, signerName: 'example.com/signer', usages: ['client auth'] } },
    full: [
      {
        spec: {
          expirationSeconds: 3600,
          request: REQUEST,
          signerName: 'example.com/signer',
          usages: ['digital signature', 'key encipherment', 'client auth'],
        },
      },
    ],
  },
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    minimal: { value: 0 },
    full: [{ description: 'first', preemptionPolicy: 'PreemptLowerPriority', value: 1000 }],
    names: { minimal: 'minimal', full: ['full'] },
  },
  {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    minimal: { handler: 'runc' },
    full: [
      {
        handler: 'runsc',
        overhead: { podFixed: { cpu: '10m', memory: '16Mi' } },
        scheduling: { nodeSelector: { sandboxed: 'yes' }, tolerations: TOLERATIONS },
      },
    ],
    names: { minimal: 'minimal', full: ['full'] },
  },
];
