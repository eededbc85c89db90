import { describe, expect, it } from 'vitest';
import type {
  ControllerRevision,
  DaemonSet,
  PodDisruptionBudget,
  PodTemplate,
  ReplicationController,
  StatefulSet,
  V2HorizontalPodAutoscaler,
} from '../generated/types.js';
import type { KubernetesObject, Persisted } from '../object.js';
import type { ResourceType } from '../resource.js';
import { controllerRevisions } from './controller-revision.js';
import { daemonSets } from './daemon-set.js';
import { horizontalPodAutoscalers } from './horizontal-pod-autoscaler.js';
import { podDisruptionBudgets } from './pod-disruption-budget.js';
import { podTemplates } from './pod-template.js';
import { replicationControllers } from './replication-controller.js';
import { statefulSets } from './stateful-set.js';

const NOW = Date.parse('2024-01-01T01:00:00Z');
const CREATED = new Date(NOW - 320_000).toISOString();
const template = () => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'i' }], nodeSelector: { disk: 'ssd' } },
});
const selector = { matchLabels: { app: 'a' } };

function created<T extends KubernetesObject>({ strategy }: ResourceType<T>, object: T): T {
  strategy.setDefaults?.(object);
  strategy.prepareForCreate?.(object);
  return object;
}

function cells<T extends KubernetesObject>({ columns }: ResourceType<T>, object: T): unknown[] {
  const persisted = { ...object, metadata: { name: 'x', creationTimestamp: CREATED, ...object.metadata } };
  return columns.map(({ value }) => value(persisted as Persisted<T>, NOW));
}

const statusProblems = <T extends KubernetesObject>({ strategy }: ResourceType<T>, object: T, old: T): string[] =>
  (strategy.validateStatusUpdate?.(object, old as Persisted<T>) ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  );

describe('daemon sets', () => {
  const GENERATION = 'deprecated.daemonset.template.generation';
  const daemonSetOf = (): DaemonSet => ({ metadata: { name: 'd' }, spec: { selector, template: template() } });

  it('fill in how they roll out, and count their templates', () => {
    const daemonSet = created(daemonSets, daemonSetOf());
    expect(daemonSet.spec).toMatchObject({
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    });
    expect(daemonSet.metadata?.annotations).toEqual({ [GENERATION]: '1' });
    const same = structuredClone(daemonSet);
    delete same.metadata?.annotations;
    daemonSets.strategy.prepareForUpdate?.(same, daemonSet as Persisted<DaemonSet>);
    expect(same.metadata?.annotations).toEqual({ [GENERATION]: '1' });
    const other = structuredClone(daemonSet);
    if (other.spec) other.spec.template.spec = { containers: [{ name: 'other' }] };
    daemonSets.strategy.prepareForUpdate?.(other, daemonSet as Persisted<DaemonSet>);
    expect(other.metadata?.annotations).toEqual({ [GENERATION]: '2' });
  });

  it('are printed', () => {
    const status = {
      desiredNumberScheduled: 5,
      currentNumberScheduled: 4,
      numberReady: 3,
      updatedNumberScheduled: 2,
      numberAvailable: 1,
      numberMisscheduled: 0,
    };
    expect(cells(daemonSets, { ...daemonSetOf(), status })).toEqual([
      'd',
      5,
      4,
      3,
      2,
      1,
      'disk=ssd',
      '5m20s',
      'c',
      'i',
      'app=a',
    ]);
    expect(
      statusProblems(
        daemonSets,
        { status: { ...status, collisionCount: 1 } },
        { status: { ...status, collisionCount: 2 } },
      ),
    ).toEqual(['status.collisionCount: Invalid value: 1: cannot be decremented']);
  });
});

describe('stateful sets', () => {
  const statefulSetOf = (): StatefulSet => ({
    metadata: { name: 's' },
    spec: {
      serviceName: 's',
      selector,
      template: {
        ...template(),
        spec: { containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'data', mountPath: '/d' }] }] },
      },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { resources: { requests: { storage: '1024Mi' } } } }],
    },
  });

  it('fill in their order, their strategy and their claims', () => {
    const statefulSet = created(statefulSets, statefulSetOf());
    expect(statefulSet.spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          spec: { volumeMode: 'Filesystem', resources: { requests: { storage: '1Gi' } } },
          status: { phase: 'Pending' },
        },
      ],
    });
    // The claim is a volume of its pods.
    expect(statefulSets.strategy.validate?.(statefulSet)).toEqual([]);
    expect(cells(statefulSets, { ...statefulSet, status: { replicas: 3, readyReplicas: 1 } })).toEqual([
      's',
      '1/1',
      '5m20s',
      'c',
      'i',
    ]);
  });

  it('drop what a gate holds back, and warn of a history without end', () => {
    const statefulSet = statefulSetOf();
    if (statefulSet.spec) {
      statefulSet.spec.updateStrategy = { rollingUpdate: { maxUnavailable: 2 } };
      statefulSet.spec.revisionHistoryLimit = -1;
    }
    created(statefulSets, statefulSet);
    expect(statefulSet.spec?.updateStrategy?.rollingUpdate).toEqual({ partition: 0 });
    expect(statefulSets.strategy.warnings?.(statefulSet, undefined)).toEqual([
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ]);
  });

  it('have a status that adds up', () => {
    expect(
      statusProblems(statefulSets, { status: { replicas: 1, readyReplicas: 2, availableReplicas: 3 } }, {}),
    ).toEqual([
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.readyReplicas',
    ]);
  });
});

describe('replication controllers', () => {
  it('take labels and selector from their pods', () => {
    const controller: ReplicationController = created(replicationControllers, {
      metadata: { name: 'r' },
      spec: { template: template() },
    });
    expect(controller.metadata?.labels).toEqual({ app: 'a' });
    expect(controller.spec).toMatchObject({ replicas: 1, selector: { app: 'a' } });
    expect(replicationControllers.strategy.scale?.getSelector(controller)).toBe('app=a');
    expect(replicationControllers.strategy.defaultPropagationPolicy).toBe('Orphan');
    expect(cells(replicationControllers, { ...controller, status: { replicas: 2, readyReplicas: 1 } })).toEqual([
      'r',
      1,
      2,
      1,
      '5m20s',
      'c',
      'i',
      'app=a',
    ]);
  });
});

describe('revisions and templates', () => {
  it('are printed', () => {
    const revision: ControllerRevision = {
      metadata: {
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true }],
      },
      revision: 3,
    };
    expect(cells(controllerRevisions, revision)).toEqual(['x', 'daemonset.apps/d', 3, '5m20s']);
    expect(cells(controllerRevisions, { revision: 1 })[1]).toBe('<none>');
    const podTemplate: PodTemplate = { template: template() };
    expect(cells(podTemplates, podTemplate)).toEqual(['x', 'c', 'i', 'app=a']);
  });
});

describe('autoscalers', () => {
  const autoscalerOf = (spec: Partial<V2HorizontalPodAutoscaler['spec']> = {}): V2HorizontalPodAutoscaler => ({
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, maxReplicas: 5, ...spec },
  });

  it('look at the CPU unless they are told what else', () => {
    const autoscaler = created(horizontalPodAutoscalers, autoscalerOf());
    expect(autoscaler.spec?.minReplicas).toBe(1);
    expect(autoscaler.spec?.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ]);
    expect(autoscaler.spec?.behavior).toBeUndefined();
  });

  it('have every rule once they have one', () => {
    const autoscaler = created(
      horizontalPodAutoscalers,
      autoscalerOf({ behavior: { scaleDown: { stabilizationWindowSeconds: 60, tolerance: '0.1' } } }),
    );
    expect(autoscaler.spec?.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: {
        stabilizationWindowSeconds: 60,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
    });
  });

  it.each<[Partial<V2HorizontalPodAutoscaler['spec']>, string]>([
    [{}, '<none>'],
    [
      {
        metrics: [
          {
            type: 'Object',
            object: {
              describedObject: { kind: 'A', name: 'a' },
              metric: { name: 'm' },
              target: { type: 'Value', value: '7' },
            },
          },
          {
            type: 'External',
            external: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '9' } },
          },
          { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '9' } } },
        ],
      },
      '<unknown>/7, <unknown>/9 (avg) + 1 more...',
    ],
    [
      {
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5 } } },
        ],
      },
      'cpu: <unknown>/5%',
    ],
  ])('%#: their targets are printed', (spec, expected) => {
    expect(cells(horizontalPodAutoscalers, autoscalerOf(spec))[2]).toBe(expected);
  });
});

describe('disruption budgets', () => {
  const budget: PodDisruptionBudget = { metadata: { name: 'p' }, spec: { maxUnavailable: '10%' } };

  it('are printed', () => {
    expect(cells(podDisruptionBudgets, { ...budget, status: { disruptionsAllowed: 2 } as never })).toEqual([
      'p',
      'N/A',
      '10%',
      2,
      '5m20s',
    ]);
  });

  it('have a status with whole conditions', () => {
    const status = {
      disruptionsAllowed: -1,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
      conditions: [{ type: 'A', status: 'x', lastTransitionTime: '', reason: '-', message: '' }],
    };
    expect(statusProblems(podDisruptionBudgets, { ...budget, status }, budget)).toEqual([
      'status.conditions[0].status: Unsupported value: "x": supported values: "False", "True", "Unknown"',
      'status.conditions[0].lastTransitionTime: Required value: must be set',
      expect.stringContaining('status.conditions[0].reason: Invalid value: "-": a condition reason must start with'),
      'status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});
