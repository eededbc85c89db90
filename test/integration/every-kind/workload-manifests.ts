import { type KindManifests, MINIMAL_TEMPLATE, SELECTOR } from './kind-manifests.js';
import { POD_SPECS, templates } from './pod-specs.js';
import { CLAIM_SPEC } from './volume-sources.js';

const MINIMAL_SELECTOR = { matchLabels: { app: 'minimal' } };
const ENDING_TEMPLATE = { ...MINIMAL_TEMPLATE, spec: { ...MINIMAL_TEMPLATE.spec, restartPolicy: 'Never' } };
const [ON_FAILURE] = templates('OnFailure');
const [, NEVER, NEVER_WINDOWS] = templates('Never');

const JOB = {
  activeDeadlineSeconds: 600,
  backoffLimit: 7,
  completionMode: 'NonIndexed',
  completions: 3,
  parallelism: 2,
  podReplacementPolicy: 'TerminatingOrFailed',
  suspend: true,
  template: ON_FAILURE?.template,
  ttlSecondsAfterFinished: 60,
};
const INDEXED_JOB = {
  backoffLimitPerIndex: 2,
  completionMode: 'Indexed',
  completions: 10,
  managedBy: 'example.com/jobs',
  maxFailedIndexes: 4,
  parallelism: 2,
  podFailurePolicy: {
    rules: [
      { action: 'FailIndex', onExitCodes: { containerName: 'main', operator: 'In', values: [2, 40] } },
      { action: 'FailJob', onExitCodes: { operator: 'NotIn', values: [1, 2, 40] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ],
  },
  podReplacementPolicy: 'Failed',
  successPolicy: { rules: [{ succeededIndexes: '0,2-4', succeededCount: 2 }, { succeededCount: 5 }] },
  template: NEVER?.template,
};
const WINDOWS_JOB = { template: NEVER_WINDOWS?.template };

const CRON_JOB = (jobSpec: object) => ({
  spec: {
    concurrencyPolicy: 'Replace',
    failedJobsHistoryLimit: 3,
    jobTemplate: { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: jobSpec },
    schedule: '*/5 1-3 * JAN,FEB MON-FRI',
    startingDeadlineSeconds: 30,
    successfulJobsHistoryLimit: 0,
    suspend: true,
    timeZone: 'Europe/Berlin',
  },
});
const CRON_JOBS = {
  minimal: { spec: { schedule: '@hourly', jobTemplate: { spec: { template: ENDING_TEMPLATE } } } },
  full: [CRON_JOB(JOB), CRON_JOB(INDEXED_JOB), CRON_JOB(WINDOWS_JOB)],
};

const TARGET = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const METRIC = { name: 'requests', selector: SELECTOR };
const SCALING = (selectPolicy: string) => ({
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 60 },
    { type: 'Percent', value: 50, periodSeconds: 30 },
  ],
  selectPolicy,
  stabilizationWindowSeconds: 120,
});

const DISRUPTION_BUDGETS = {
  minimal: { spec: {} },
  full: [
    { spec: { minAvailable: '50%', selector: SELECTOR, unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
    { spec: { maxUnavailable: 1, selector: SELECTOR, unhealthyPodEvictionPolicy: 'IfHealthyBudget' } },
  ],
};

const BUDGETED = { minReadySeconds: 5, replicas: 3 };

/** Pods, and what makes, scales and protects them. */
export const WORKLOADS: readonly KindManifests[] = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    minimal: { spec: MINIMAL_TEMPLATE.spec },
    full: Object.values(POD_SPECS).map((spec) => ({
      spec: { ...spec, activeDeadlineSeconds: 600, restartPolicy: 'Always' },
    })),
  },
  {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    minimal: { template: { spec: MINIMAL_TEMPLATE.spec } },
    full: templates('Always').map(({ template }) => ({ template })),
  },
  {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    minimal: { spec: { template: MINIMAL_TEMPLATE } },
    full: templates('Always').map(({ template }) => ({ spec: { ...BUDGETED, selector: { app: 'full' }, template } })),
  },
  {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    minimal: { spec: { selector: MINIMAL_SELECTOR, template: MINIMAL_TEMPLATE } },
    full: templates('Always').map(({ selector, template }) => ({ spec: { ...BUDGETED, selector, template } })),
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    minimal: { spec: { selector: MINIMAL_SELECTOR, template: MINIMAL_TEMPLATE } },
    full: templates('Always').map(({ selector, template }) => ({
      spec: {
        ...BUDGETED,
        paused: true,
        progressDeadlineSeconds: 90,
        revisionHistoryLimit: 4,
        selector,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '50%', maxUnavailable: 1 } },
        template,
      },
    })),
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    minimal: { spec: { selector: MINIMAL_SELECTOR, template: MINIMAL_TEMPLATE } },
    full: templates('Always').map(({ selector, template }) => ({
      spec: {
        minReadySeconds: 5,
        revisionHistoryLimit: 4,
        selector,
        template,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } },
      },
    })),
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    minimal: { spec: { selector: MINIMAL_SELECTOR, template: MINIMAL_TEMPLATE } },
    full: templates('Always').map(({ selector, template }) => ({
      spec: {
        ...BUDGETED,
        ordinals: { start: 5 },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' },
        podManagementPolicy: 'Parallel',
        revisionHistoryLimit: 4,
        selector,
        serviceName: 'peers',
        template,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
        volumeClaimTemplates: [
          { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: CLAIM_SPEC },
        ],
      },
    })),
  },
  {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    minimal: { revision: 1, data: {} },
    full: [{ revision: 7, data: { spec: { template: { spec: {} } }, list: [1, 'two', { three: null }] } }],
  },
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    minimal: { spec: { template: ENDING_TEMPLATE } },
    full: [
      { spec: { ...JOB, manualSelector: true, selector: ON_FAILURE?.selector } },
      { spec: INDEXED_JOB },
      { spec: WINDOWS_JOB },
    ],
  },
  { apiVersion: 'batch/v1', kind: 'CronJob', ...CRON_JOBS },
  { apiVersion: 'batch/v1beta1', kind: 'CronJob', ...CRON_JOBS },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    minimal: { spec: { maxReplicas: 3, scaleTargetRef: TARGET } },
    full: [
      {
        spec: {
          behavior: { scaleDown: SCALING('Min'), scaleUp: SCALING('Disabled') },
          maxReplicas: 9,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
            {
              type: 'ContainerResource',
              containerResource: {
                container: 'main',
                name: 'memory',
                target: { type: 'AverageValue', averageValue: '100Mi' },
              },
            },
            { type: 'Pods', pods: { metric: METRIC, target: { type: 'AverageValue', averageValue: '1k' } } },
            {
              type: 'Object',
              object: { describedObject: TARGET, metric: METRIC, target: { type: 'Value', value: '10' } },
            },
            { type: 'External', external: { metric: METRIC, target: { type: 'Value', value: '500m' } } },
          ],
          minReplicas: 2,
          scaleTargetRef: TARGET,
        },
      },
    ],
  },
  {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    minimal: { spec: { maxReplicas: 3, scaleTargetRef: TARGET } },
    full: [{ spec: { maxReplicas: 9, minReplicas: 2, scaleTargetRef: TARGET, targetCPUUtilizationPercentage: 70 } }],
  },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', ...DISRUPTION_BUDGETS },
  { apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', ...DISRUPTION_BUDGETS },
];
