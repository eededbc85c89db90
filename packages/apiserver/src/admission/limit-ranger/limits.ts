import {
  type Container,
  type LimitRange,
  type LimitRangeItem,
  type PersistentVolumeClaim,
  type Pod,
  podLimits,
  podRequests,
  type Quantity,
} from '@kubelab/api';
import { type Constraint, maxConstraint, maxRequestConstraint, minConstraint, ratioConstraint } from './constraints.js';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type ResourceList = Record<string, Quantity>;
interface Resources {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

/** Gives containers what they do not say themselves, and notes in the pod what was given. */
export function setLimitDefaults({ spec }: LimitRange, pod: Pod): void {
  const defaults: Resources = { requests: {}, limits: {} };
  for (const item of spec?.limits ?? []) {
    if (item.type !== 'Container') continue;
    Object.assign(defaults.requests, item.defaultRequest);
    Object.assign(defaults.limits, item.default);
  }
  const notes = [
    ...(pod.spec?.containers ?? []).flatMap((container) => fillIn(container, defaults, 'container')),
    ...(pod.spec?.initContainers ?? []).flatMap((container) => fillIn(container, defaults, 'init container')),
  ];
  if (notes.length === 0) return;
  const text = `LimitRanger plugin set: ${notes.join('; ')}`;
  pod.metadata = { ...pod.metadata, annotations: { ...pod.metadata?.annotations, [ANNOTATION]: text } };
}

function fillIn(container: Container, defaults: Resources, what: string): string[] {
  return (['requests', 'limits'] as const).flatMap((side) => {
    const present = container.resources?.[side] ?? {};
    const missing = Object.entries(defaults[side]).filter(([name]) => !Object.hasOwn(present, name));
    if (missing.length === 0) return [];
    container.resources = { ...container.resources, [side]: { ...present, ...Object.fromEntries(missing) } };
    const names = missing.map(([name]) => name).sort();
    return [`${names.join(', ')} ${side === 'requests' ? 'request' : 'limit'} for ${what} ${container.name}`];
  });
}

/** What a pod has against a LimitRange, in Kubernetes' words. */
export function podLimitErrors({ spec }: LimitRange, pod: Pod): string[] {
  return (spec?.limits ?? []).flatMap((item) => {
    if (item.type === 'Pod') return resourceErrors(item, { requests: podRequests(pod), limits: podLimits(pod) });
    if (item.type !== 'Container') return [];
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    return containers.flatMap(({ resources }) =>
      resourceErrors(item, { requests: resources?.requests ?? {}, limits: resources?.limits ?? {} }),
    );
  });
}

export function claimLimitErrors({ spec }: LimitRange, claim: PersistentVolumeClaim): string[] {
  const requests = claim.spec?.resources?.requests ?? {};
  return (spec?.limits ?? [])
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap((item) => [
      ...each(item, item.min, (constraint) => minConstraint(constraint, requests, {})),
      ...each(item, item.max, (constraint) => maxRequestConstraint(constraint, requests)),
    ]);
}

function resourceErrors(item: LimitRangeItem, { requests, limits }: Resources): string[] {
  return [
    ...each(item, item.min, (constraint) => minConstraint(constraint, requests, limits)),
    ...each(item, item.max, (constraint) => maxConstraint(constraint, requests, limits)),
    ...each(item, item.maxLimitRequestRatio, (constraint) => ratioConstraint(constraint, requests, limits)),
  ];
}

function each(
  { type }: LimitRangeItem,
  list: Readonly<ResourceList> | undefined,
  check: (constraint: Constraint) => string,
): string[] {
  return Object.entries(list ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([resource, enforced]) => check({ type, resource, enforced }))
    .filter((text) => text !== '');
}
