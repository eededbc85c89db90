import type {
  HorizontalPodAutoscaler,
  V2HorizontalPodAutoscaler,
  V2HorizontalPodAutoscalerSpec,
  V2HorizontalPodAutoscalerStatus,
  V2MetricSpec,
} from '../../generated/types.js';
import type { KubernetesObject } from '../../object.js';
import type { ResourceType } from '../../resource.js';
import { horizontalPodAutoscalers } from '../horizontal-pod-autoscaler.js';
import { readAnnotations, withoutAnnotations, writeAnnotations } from './autoscaler-annotations.js';
import { viewOf } from './view-of.js';

const DEFAULT_CPU_PERCENT = 80;

/** The one metric that v1 has a field for. */
function cpuPercentOf({ type, resource }: V2MetricSpec): number | undefined {
  return type === 'Resource' && resource?.name === 'cpu' ? resource.target?.averageUtilization : undefined;
}

function cpuMetric(percent: number): V2MetricSpec {
  const target = { type: 'Utilization', averageUtilization: percent };
  return { type: 'Resource', resource: { name: 'cpu', target } };
}

function fromStored(object: KubernetesObject): HorizontalPodAutoscaler {
  const { spec, status, metadata, ...others } = object as V2HorizontalPodAutoscaler;
  const { metrics = [], behavior, ...sameSpec } = spec ?? ({} as V2HorizontalPodAutoscalerSpec);
  const { currentMetrics = [], conditions = [], ...sameStatus } = status ?? ({} as V2HorizontalPodAutoscalerStatus);
  const percent = metrics.map(cpuPercentOf).find((one) => one !== undefined);
  const annotations = writeAnnotations(metadata?.annotations, {
    metrics: metrics.filter((metric) => cpuPercentOf(metric) === undefined),
    behavior,
    currentMetrics,
    conditions,
  });
  const cpu = currentMetrics.find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu');
  const current = cpu?.resource?.current.averageUtilization;
  return {
    ...others,
    metadata: withAnnotations(metadata, annotations),
    ...(spec && {
      spec: { ...sameSpec, ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }) },
    }),
    ...(status && {
      status: {
        currentReplicas: 0,
        ...sameStatus,
        ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
      },
    }),
  };
}

function toStored(object: HorizontalPodAutoscaler): V2HorizontalPodAutoscaler {
  const { spec, status, metadata, ...others } = object;
  const { metrics, behavior, currentMetrics, conditions } = readAnnotations(metadata?.annotations);
  return {
    ...others,
    metadata: withAnnotations(metadata, withoutAnnotations(metadata?.annotations)),
    ...(spec && { spec: { ...storedSpec(spec, metrics), ...(behavior && { behavior }) } }),
    ...(status && {
      status: {
        ...storedStatus(status),
        ...(currentMetrics.length > 0 && { currentMetrics: [...currentMetrics] }),
        ...(conditions.length > 0 && { conditions: [...conditions] }),
      },
    }),
  };
}

/** An autoscaler without any metric is one of the CPU: in v1 that was never written down. */
function storedSpec(
  spec: NonNullable<HorizontalPodAutoscaler['spec']>,
  others: readonly V2MetricSpec[],
): V2HorizontalPodAutoscalerSpec {
  const { targetCPUUtilizationPercentage: percent, ...same } = spec;
  if (percent !== undefined) return { ...same, metrics: [...others, cpuMetric(percent)] };
  return { ...same, metrics: others.length > 0 ? [...others] : [cpuMetric(DEFAULT_CPU_PERCENT)] };
}

function storedStatus(status: NonNullable<HorizontalPodAutoscaler['status']>): V2HorizontalPodAutoscalerStatus {
  const { currentCPUUtilizationPercentage: percent, ...same } = status;
  if (percent === undefined) return same;
  const current = { averageUtilization: percent };
  return { ...same, currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current } }] };
}

function withAnnotations<M extends KubernetesObject['metadata']>(
  metadata: M,
  annotations: Readonly<Record<string, string>>,
): M {
  const { annotations: _replaced, ...others } = metadata ?? {};
  const isEmpty = Object.keys(annotations).length === 0;
  return { ...others, ...(isEmpty ? {} : { annotations }) } as M;
}

/** Served beside v2, which is what is stored and preferred. */
export const horizontalPodAutoscalersV1: ResourceType<HorizontalPodAutoscaler> = viewOf<
  V2HorizontalPodAutoscaler,
  HorizontalPodAutoscaler
>(horizontalPodAutoscalers, { version: 'v1', definition: 'HorizontalPodAutoscaler', fromStored, toStored });
