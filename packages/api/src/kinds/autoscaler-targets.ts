import type { V2MetricSpec, V2MetricStatus } from '../generated/types.js';

const UNKNOWN = '<unknown>';
const MAX_SHOWN = 2;

/** The metrics of an autoscaler, each as what it is and what it should be: `cpu: 10%/80%, 3/5 (avg) + 1 more...`. */
export function formatMetrics(specs: readonly V2MetricSpec[], statuses: readonly V2MetricStatus[]): string {
  if (specs.length === 0) return '<none>';
  const texts = specs.map((spec, i) => formatMetric(spec, statuses[i]));
  const shown = texts.slice(0, MAX_SHOWN).join(', ');
  return texts.length > MAX_SHOWN ? `${shown} + ${texts.length - MAX_SHOWN} more...` : shown;
}

function formatMetric(spec: V2MetricSpec, status: V2MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return formatValue(spec.external, status?.external);
    case 'Object':
      return formatValue(spec.object, status?.object);
    case 'Pods':
      return `${status?.pods?.current?.averageValue ?? UNKNOWN}/${spec.pods?.target?.averageValue ?? ''}`;
    case 'Resource':
      return formatResource(spec.resource, status?.resource);
    case 'ContainerResource':
      return formatResource(spec.containerResource, status?.containerResource);
    default:
      return '<unknown type>';
  }
}

interface Target {
  readonly target?: { averageUtilization?: number; averageValue?: string; value?: string };
}
interface Current {
  readonly current?: { averageUtilization?: number; averageValue?: string; value?: string };
}

function formatValue(spec: Target | undefined, status: Current | undefined): string {
  const { averageValue, value = '' } = spec?.target ?? {};
  if (averageValue !== undefined) return `${status?.current?.averageValue ?? UNKNOWN}/${averageValue} (avg)`;
  return `${status?.current?.value ?? UNKNOWN}/${value}`;
}

function formatResource(spec: (Target & { readonly name: string }) | undefined, status: Current | undefined): string {
  const { averageValue, averageUtilization } = spec?.target ?? {};
  const current = status?.current;
  const name = spec?.name ?? '';
  if (averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${averageValue}`;
  return `${name}: ${percentOr(current?.averageUtilization, UNKNOWN)}/${percentOr(averageUtilization, '<auto>')}`;
}

function percentOr(percent: number | undefined, otherwise: string): string {
  return percent === undefined ? otherwise : `${percent}%`;
}
