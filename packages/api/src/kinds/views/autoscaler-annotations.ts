import type {
  CrossVersionObjectReference,
  LabelSelector,
  Quantity,
  V2HorizontalPodAutoscalerBehavior,
  V2HorizontalPodAutoscalerCondition,
  V2MetricSpec,
  V2MetricStatus,
  V2MetricTarget,
  V2MetricValueStatus,
} from '../../generated/types.js';

/**
 * What autoscaling/v1 has no fields for it carries in annotations, as JSON in
 * the shape that metrics had in v2beta1.
 */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';

type Annotations = Readonly<Record<string, string>>;

export interface Annotated {
  readonly metrics: readonly V2MetricSpec[];
  readonly behavior: V2HorizontalPodAutoscalerBehavior | undefined;
  readonly currentMetrics: readonly V2MetricStatus[];
  readonly conditions: readonly V2HorizontalPodAutoscalerCondition[];
}

interface OldMetric {
  target?: CrossVersionObjectReference;
  name?: string;
  container?: string;
  metricName?: string;
  selector?: LabelSelector;
  metricSelector?: LabelSelector;
  targetValue?: Quantity;
  averageValue?: Quantity;
  targetAverageValue?: Quantity;
  targetAverageUtilization?: number;
  currentValue?: Quantity;
  currentAverageValue?: Quantity;
  currentAverageUtilization?: number;
}

type OldSource = 'object' | 'pods' | 'resource' | 'containerResource' | 'external';
type OldEntry = { type: string } & { [source in OldSource]?: OldMetric };

export function writeAnnotations(annotations: Annotations | undefined, annotated: Annotated): Annotations {
  const { metrics, behavior, currentMetrics, conditions } = annotated;
  return {
    ...withoutAnnotations(annotations),
    ...(metrics.length > 0 && { [METRICS]: JSON.stringify(metrics.map(oldSpec)) }),
    ...(behavior && { [BEHAVIOR]: JSON.stringify(behavior) }),
    ...(currentMetrics.length > 0 && { [CURRENT_METRICS]: JSON.stringify(currentMetrics.map(oldStatus)) }),
    ...(conditions.length > 0 && { [CONDITIONS]: JSON.stringify(conditions) }),
  };
}

/** What cannot be read is taken not to be there, as Kubernetes does. */
export function readAnnotations(annotations: Annotations = {}): Annotated {
  const list = <T>(key: string): T[] => {
    const value = parsed(annotations[key]);
    return Array.isArray(value) ? (value as T[]) : [];
  };
  const behavior = parsed(annotations[BEHAVIOR]);
  const isBehavior = typeof behavior === 'object' && behavior !== null && Object.keys(behavior).length > 0;
  return {
    metrics: list<OldEntry>(METRICS).map(newSpec),
    behavior: isBehavior ? (behavior as V2HorizontalPodAutoscalerBehavior) : undefined,
    currentMetrics: list<OldEntry>(CURRENT_METRICS).map(newStatus),
    conditions: list(CONDITIONS),
  };
}

export function withoutAnnotations(annotations: Annotations = {}): Annotations {
  const { [METRICS]: _m, [BEHAVIOR]: _b, [CURRENT_METRICS]: _c, [CONDITIONS]: _o, ...others } = annotations;
  return others;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function oldSpec({ type, object, pods, resource, containerResource, external }: V2MetricSpec): OldEntry {
  return compact({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? '0',
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      targetAverageValue: pods.target.averageValue ?? '0',
      selector: pods.metric.selector,
    },
    resource: resource && { name: resource.name, ...oldTarget(resource.target) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...oldTarget(containerResource.target),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  });
}

function oldTarget({ averageUtilization, averageValue }: V2MetricTarget): OldMetric {
  return { targetAverageUtilization: averageUtilization, targetAverageValue: averageValue } as OldMetric;
}

function newSpec({ type, object, pods, resource, containerResource, external }: OldEntry): V2MetricSpec {
  return compact({
    type,
    object: object && {
      describedObject: object.target ?? { kind: '', name: '' },
      metric: { name: object.metricName ?? '', selector: object.selector },
      target:
        object.averageValue === undefined
          ? { type: 'Value', value: object.targetValue }
          : { type: 'AverageValue', averageValue: object.averageValue },
    },
    pods: pods && {
      metric: { name: pods.metricName ?? '', selector: pods.selector },
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name ?? '', target: newTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name ?? '',
      container: containerResource.container ?? '',
      target: newTarget(containerResource),
    },
    external: external && {
      metric: { name: external.metricName ?? '', selector: external.metricSelector },
      target: {
        type: external.targetAverageValue === undefined ? 'Value' : 'AverageValue',
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      },
    },
  });
}

function newTarget({ targetAverageUtilization, targetAverageValue }: OldMetric) {
  return {
    type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
    averageUtilization: targetAverageUtilization,
    averageValue: targetAverageValue,
  };
}

function oldStatus({ type, object, pods, resource, containerResource, external }: V2MetricStatus): OldEntry {
  return compact({
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      currentValue: object.current.value,
      selector: object.metric.selector,
      averageValue: object.current.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      currentAverageValue: pods.current.averageValue,
      selector: pods.metric.selector,
    },
    resource: resource && { name: resource.name, ...oldCurrent(resource.current) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...oldCurrent(containerResource.current),
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value,
      currentAverageValue: external.current.averageValue,
    },
  });
}

function oldCurrent({ averageUtilization, averageValue }: V2MetricValueStatus): OldMetric {
  return {
    currentAverageUtilization: averageUtilization,
    currentAverageValue: averageValue,
  } as OldMetric;
}

function newStatus({ type, object, pods, resource, containerResource, external }: OldEntry): V2MetricStatus {
  return compact({
    type,
    object: object && {
      describedObject: object.target ?? { kind: '', name: '' },
      metric: { name: object.metricName ?? '', selector: object.selector },
      current: { value: object.currentValue, averageValue: object.averageValue },
    },
    pods: pods && {
      metric: { name: pods.metricName ?? '', selector: pods.selector },
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name ?? '', current: newCurrent(resource) },
    containerResource: containerResource && {
      name: containerResource.name ?? '',
      container: containerResource.container ?? '',
      current: newCurrent(containerResource),
    },
    external: external && {
      metric: { name: external.metricName ?? '', selector: external.metricSelector },
      current: { value: external.currentValue, averageValue: external.currentAverageValue },
    },
  });
}

function newCurrent({ currentAverageUtilization, currentAverageValue }: OldMetric) {
  return { averageUtilization: currentAverageUtilization, averageValue: currentAverageValue };
}

/** Without members that are undefined, at any depth: an object that is stored has none. */
function compact<T>(value: unknown): T {
  if (typeof value !== 'object' || value === null) return value as T;
  if (Array.isArray(value)) return value.map((item) => compact(item)) as T;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, compact(member)])) as T;
}
