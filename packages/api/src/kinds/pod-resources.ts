import type { Container, Pod, PodSpec, Quantity, ResourceRequirements } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';
import {
  addParsed,
  formatQuantity,
  type ParsedQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
} from '../quantity/quantity.js';
import { isRestartableInitContainer } from './pod-status.js';

type ResourceList = Record<string, Quantity>;
type Amounts = Map<string, ParsedQuantity>;
type Side = 'requests' | 'limits';
type ReadonlyContainer = DeepReadonly<Container>;

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/**
 * What a pod needs of a node: the larger of all that run together at the end
 * and of each step of its initialisation, plus its overhead (KEP-753, KEP-688).
 * Resources set for the whole pod take the place of its containers' (KEP-2837).
 */
export function podRequests(pod: DeepReadonly<Pod>): ResourceList {
  return toResourceList(podAmounts(pod.spec, 'requests'));
}

/** As {@link podRequests}, of limits. A resource that some container does not limit is still summed. */
export function podLimits(pod: DeepReadonly<Pod>): ResourceList {
  return toResourceList(podAmounts(pod.spec, 'limits'));
}

/** {@link podRequests} as numbers, for arithmetic: cpu in thousandths, all else in whole units. */
export function podRequestAmounts(pod: DeepReadonly<Pod>): Record<string, number> {
  return resourceAmounts(podRequests(pod));
}

/** A resource list as numbers: cpu in thousandths, all else in whole units, both rounded up. */
export function resourceAmounts(list: Readonly<ResourceList> | undefined): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const [name, quantity] of Object.entries(list ?? {})) {
    amounts[name] = name === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
  }
  return amounts;
}

function podAmounts(spec: DeepReadonly<PodSpec> | undefined, side: Side): Amounts {
  const total: Amounts = new Map();
  for (const container of spec?.containers ?? []) add(total, container.resources?.[side]);
  const sidecars: Amounts = new Map();
  const initPeak: Amounts = new Map();
  for (const container of spec?.initContainers ?? []) {
    const step: Amounts = new Map(sidecars);
    add(step, container.resources?.[side]);
    raise(initPeak, step);
    if (isRestartableInitContainer(container)) add(sidecars, container.resources?.[side]);
  }
  for (const [name, quantity] of sidecars) addOne(total, name, quantity);
  raise(total, initPeak);
  for (const [name, quantity] of Object.entries(spec?.resources?.[side] ?? {}))
    total.set(name, parseQuantity(quantity));
  for (const [name, quantity] of Object.entries(spec?.overhead ?? {})) {
    if (side === 'requests' || total.has(name)) addOne(total, name, parseQuantity(quantity));
  }
  return total;
}

function add(amounts: Amounts, list: Readonly<ResourceList> | undefined): void {
  for (const [name, quantity] of Object.entries(list ?? {})) addOne(amounts, name, parseQuantity(quantity));
}

function addOne(amounts: Amounts, name: string, quantity: ParsedQuantity): void {
  const present = amounts.get(name);
  amounts.set(name, present === undefined ? quantity : addParsed(present, quantity));
}

function raise(amounts: Amounts, other: Amounts): void {
  for (const [name, quantity] of other) {
    const present = amounts.get(name);
    if (present === undefined || present.nano < quantity.nano) amounts.set(name, quantity);
  }
}

function toResourceList(amounts: Amounts): ResourceList {
  return Object.fromEntries([...amounts].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

const QOS_RESOURCES = ['cpu', 'memory'] as const;

/**
 * Guaranteed when every container limits cpu and memory and requests as much;
 * BestEffort when none asks for either; otherwise Burstable. Once the status
 * has a class, that one holds.
 */
export function qosClass(pod: DeepReadonly<Pod>): QosClass {
  const known = pod.status?.qosClass;
  if (known === 'Guaranteed' || known === 'Burstable' || known === 'BestEffort') return known;
  const whole = pod.spec?.resources;
  const sources: (DeepReadonly<ResourceRequirements> | undefined)[] =
    whole?.requests !== undefined || whole?.limits !== undefined
      ? [whole]
      : [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map(
          (container: ReadonlyContainer) => container.resources,
        );
  if (sources.every((resources) => !asksForAny(resources))) return 'BestEffort';
  return sources.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function asksForAny(resources: DeepReadonly<ResourceRequirements> | undefined): boolean {
  return QOS_RESOURCES.some((name) => isPositive(resources?.requests?.[name]) || isPositive(resources?.limits?.[name]));
}

function isGuaranteed(resources: DeepReadonly<ResourceRequirements> | undefined): boolean {
  return QOS_RESOURCES.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name];
    if (limit === undefined || !isPositive(limit)) return false;
    // A request that is missing is defaulted to the limit.
    return request === undefined || !isPositive(request) || parseQuantity(request).nano === parseQuantity(limit).nano;
  });
}

function isPositive(quantity: Quantity | undefined): boolean {
  return quantity !== undefined && parseQuantity(quantity).nano > 0n;
}
