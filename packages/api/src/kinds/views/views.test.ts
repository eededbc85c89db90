import { describe, expect, it } from 'vitest';
import type {
  EventsEvent,
  HorizontalPodAutoscaler,
  LabelSelector,
  PodDisruptionBudget,
  V2HorizontalPodAutoscaler,
} from '../../generated/types.js';
import type { KubernetesObject, Persisted } from '../../object.js';
import type { ResourceType } from '../../resource.js';
import { resourceTable } from '../table.js';
import {
  cronJobsV1beta1,
  eventsEvents,
  horizontalPodAutoscalersV1,
  podDisruptionBudgetsV1beta1,
  servedResources,
} from './views.js';

const METADATA = {
  name: 'x',
  namespace: 'n',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2024-01-01T00:00:00Z',
};

function stored(resource: ResourceType<never>, object: KubernetesObject): KubernetesObject | undefined {
  return (resource as unknown as ResourceType).view?.toStored(object);
}

function seen<T extends KubernetesObject>(resource: ResourceType<T>, object: KubernetesObject): T {
  const { view } = resource;
  if (view === undefined) throw new Error('no view');
  return view.fromStored(object);
}

const problems = <T extends KubernetesObject>(resource: ResourceType<T>, object: T): string[] =>
  [...(resource.strategy.validate?.(object) ?? []), ...(resource.strategy.validateCreate?.(object) ?? [])].map(
    ({ field, message }) => `${field}: ${message}`,
  );

describe('served versions', () => {
  it('follow what is stored, so that this is preferred', () => {
    expect(servedResources.slice(0, resourceTable.length)).toEqual(resourceTable);
    const versionsOf = (kind: string) =>
      servedResources.filter((one) => one.kind === kind).map(({ group, version }) => `${group}/${version}`);
    expect(versionsOf('HorizontalPodAutoscaler')).toEqual(['autoscaling/v2', 'autoscaling/v1']);
    expect(versionsOf('CronJob')).toEqual(['batch/v1', 'batch/v1beta1']);
    expect(versionsOf('PodDisruptionBudget')).toEqual(['policy/v1', 'policy/v1beta1']);
    expect(versionsOf('Event')).toEqual(['/v1', 'events.k8s.io/v1']);
  });

  it('say that they are old, where they are', () => {
    expect(cronJobsV1beta1.view?.deprecation).toBe(
      'batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob',
    );
    expect(horizontalPodAutoscalersV1.view?.deprecation).toBeUndefined();
  });
});

describe('autoscaling/v1', () => {
  const rich: V2HorizontalPodAutoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { ...METADATA, annotations: { mine: 'kept' } },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
      minReplicas: 1,
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } },
        {
          type: 'ContainerResource',
          containerResource: {
            name: 'cpu',
            container: 'c',
            target: { type: 'Utilization', averageUtilization: 10 },
          },
        },
        {
          type: 'Pods',
          pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '5' } },
        },
        {
          type: 'Object',
          object: {
            describedObject: { kind: 'Ingress', name: 'i' },
            metric: { name: 'hits', selector: { matchLabels: { a: 'b' } } },
            target: { type: 'Value', value: '7' },
          },
        },
        {
          type: 'External',
          external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '9' } },
        },
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
      behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }] } },
    },
    status: {
      currentReplicas: 2,
      desiredReplicas: 3,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 30, averageValue: '3m' } } },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True' }],
    },
  };

  it('has a field for the CPU and annotations for the rest', () => {
    const { metadata, spec, status, apiVersion } = seen(horizontalPodAutoscalersV1, rich);
    expect(apiVersion).toBe('autoscaling/v1');
    expect(spec).toEqual({
      scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
      minReplicas: 1,
      maxReplicas: 5,
      targetCPUUtilizationPercentage: 50,
    });
    expect(status).toEqual({ currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 30 });
    const { annotations = {} } = metadata ?? {};
    const prefix = 'autoscaling.alpha.kubernetes.io/';
    expect(Object.keys(annotations).sort()).toEqual([
      `${prefix}behavior`,
      `${prefix}conditions`,
      `${prefix}current-metrics`,
      `${prefix}metrics`,
      'mine',
    ]);
    expect(JSON.parse(annotations[`${prefix}metrics`] ?? '')).toEqual([
      { type: 'Resource', resource: { name: 'memory', targetAverageValue: '1Gi' } },
      { type: 'ContainerResource', containerResource: { name: 'cpu', targetAverageUtilization: 10, container: 'c' } },
      { type: 'Pods', pods: { metricName: 'requests', targetAverageValue: '5' } },
      {
        type: 'Object',
        object: {
          target: { kind: 'Ingress', name: 'i' },
          metricName: 'hits',
          targetValue: '7',
          selector: { matchLabels: { a: 'b' } },
        },
      },
      { type: 'External', external: { metricName: 'queue', targetAverageValue: '9' } },
    ]);
  });

  it('loses nothing there and back, and leaves what it is given', () => {
    const before = structuredClone(rich);
    expect(stored(horizontalPodAutoscalersV1 as never, seen(horizontalPodAutoscalersV1, rich))).toEqual(rich);
    expect(rich).toEqual(before);
  });

  const small = (spec: Partial<HorizontalPodAutoscaler['spec']> = {}): HorizontalPodAutoscaler => ({
    metadata: { name: 'x' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, maxReplicas: 3, ...spec },
  });

  it('fills in what v2 fills in, and keeps hold of its metadata', () => {
    const autoscaler = small();
    const { metadata } = autoscaler;
    horizontalPodAutoscalersV1.strategy.setDefaults?.(autoscaler);
    expect(autoscaler.spec).toMatchObject({ minReplicas: 1, targetCPUUtilizationPercentage: 80 });
    expect(autoscaler.metadata).toBe(metadata);
  });

  it('is judged as v2, in its words', () => {
    expect(problems(horizontalPodAutoscalersV1, small({ targetCPUUtilizationPercentage: 0 }))).toEqual([
      'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
    ]);
  });

  it('takes an annotation that cannot be read for none', () => {
    const autoscaler = small();
    autoscaler.metadata = { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '{' } };
    expect(stored(horizontalPodAutoscalersV1 as never, autoscaler)).toMatchObject({
      metadata: {},
      spec: { metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 80 } } }] },
    });
  });

  it('is printed as v2', () => {
    const object = seen(horizontalPodAutoscalersV1, rich) as Persisted<HorizontalPodAutoscaler>;
    const cells = horizontalPodAutoscalersV1.columns.map(({ value }) => value(object, 0));
    expect(cells.slice(0, 6)).toEqual([
      'x',
      'Deployment/d',
      'memory: 3m/1Gi, cpu: <unknown>/10% + 4 more...',
      '1',
      5,
      2,
    ]);
  });
});

describe('policy/v1beta1', () => {
  const key = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
  it.each<[LabelSelector | undefined, LabelSelector | undefined]>([
    [undefined, undefined],
    [{ matchLabels: { a: 'b' } }, { matchLabels: { a: 'b' } }],
    [{}, { matchExpressions: [{ key, operator: 'DoesNotExist' }] }],
    [{ matchExpressions: [{ key, operator: 'Exists' }] }, {}],
  ])('selector %j is %j', (inV1, inV1beta1) => {
    const budget: PodDisruptionBudget = { apiVersion: 'policy/v1', spec: { ...(inV1 && { selector: inV1 }) } };
    const shown = seen(podDisruptionBudgetsV1beta1, budget);
    expect(shown).toEqual({ apiVersion: 'policy/v1beta1', spec: { ...(inV1beta1 && { selector: inV1beta1 }) } });
    expect(stored(podDisruptionBudgetsV1beta1 as never, shown)).toEqual(budget);
  });
});

describe('events.k8s.io/v1', () => {
  const event = (more: Partial<EventsEvent> = {}): EventsEvent => ({
    apiVersion: 'events.k8s.io/v1',
    metadata: { name: 'e', namespace: 'n' },
    eventTime: '2024-01-01T00:00:00.000000Z',
    regarding: { namespace: 'n', kind: 'Pod', name: 'p' },
    reportingController: 'c',
    reportingInstance: 'i',
    action: 'a',
    reason: 'r',
    type: 'Normal',
    ...more,
  });

  it('has other names for the same fields', () => {
    const old = {
      apiVersion: 'v1',
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod' },
      message: 'm',
      source: { component: 's' },
      count: 3,
      firstTimestamp: '2024-01-01T00:00:00Z',
      lastTimestamp: '2024-01-01T00:00:00Z',
      reportingComponent: 'c',
    };
    const shown = seen(eventsEvents, old);
    expect(shown).toEqual({
      apiVersion: 'events.k8s.io/v1',
      metadata: { name: 'e' },
      regarding: { kind: 'Pod' },
      note: 'm',
      deprecatedSource: { component: 's' },
      deprecatedCount: 3,
      deprecatedFirstTimestamp: '2024-01-01T00:00:00Z',
      deprecatedLastTimestamp: '2024-01-01T00:00:00Z',
      reportingController: 'c',
    });
    expect(stored(eventsEvents as never, shown)).toEqual(old);
  });

  it.each<[string, EventsEvent, string[]]>([
    ['right', event(), []],
    ['old', event({ deprecatedCount: 1 }), ['count: Invalid value: "": needs to be unset']],
    [
      'of an old reporter',
      event({ deprecatedSource: { component: 'x' } }),
      ['source: Invalid value: "": needs to be unset'],
    ],
    ['of no type', event({ type: 'x' }), ['type: Invalid value: "": has invalid value: x']],
    ['without action', event({ action: '' }), ['action: Required value']],
    ['too long', event({ note: 'x'.repeat(1025) }), ['message: Invalid value: "": can have at most 1024 characters']],
    [
      'of a short series',
      event({ series: { count: 1, lastObservedTime: '2024-01-01T00:00:00.000000Z' } }),
      ['series.count: Invalid value: "": should be at least 2'],
    ],
    [
      'elsewhere',
      event({ regarding: { kind: 'Node', name: 'x' } }),
      ['involvedObject.namespace: Invalid value: "": does not match event.namespace'],
    ],
  ])('%s', (_, object, expected) => {
    expect(problems(eventsEvents, object)).toEqual(expected);
  });

  it('only changes its series', () => {
    const old = event() as Persisted<EventsEvent>;
    const changes = (more: Partial<EventsEvent>) =>
      (eventsEvents.strategy.validateUpdate?.(event(more), old) ?? []).map(
        ({ field, message }) => `${field}: ${message}`,
      );
    expect(changes({ series: { count: 2, lastObservedTime: '2024-01-01T00:00:00.000000Z' } })).toEqual([]);
    expect(changes({ note: 'other' })).toEqual(['message: Invalid value: "other": field is immutable']);
    expect(changes({ reportingController: 'other' })).toEqual([
      'reportingController: Invalid value: "other": field is immutable',
    ]);
  });
});
