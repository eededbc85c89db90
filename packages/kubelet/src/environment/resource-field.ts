import { type DeepReadonly, quantityMilliValue, quantityValue, type ResourceFieldSelector } from '@kubelab/api';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';

/** `limits.cpu`, `requests.hugepages-2Mi`, … */
const RESOURCE = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/;

/**
 * The value of a resourceFieldRef: the amount in units of the divisor, rounded
 * up. A limit that is not set reads as the node's allocatable amount, a
 * request that is not set as 0. Throws an Error worded as Kubernetes'.
 */
export function resourceField(
  container: ReadonlyContainer,
  selector: DeepReadonly<ResourceFieldSelector>,
  allocatable: Readonly<Record<string, string>>,
): string {
  const [, list, resource = ''] = RESOURCE.exec(selector.resource) ?? [];
  if (list === undefined) throw new Error(`Unsupported container resource : ${selector.resource}`);
  const limit = container.resources?.limits?.[resource];
  const amount =
    list === 'requests'
      ? (container.resources?.requests?.[resource] ?? '0')
      : isSet(limit)
        ? limit
        : (allocatable[resource] ?? '0');
  return inUnitsOf(isSet(selector.divisor) ? selector.divisor : '1', amount, resource === 'cpu');
}

/** The container that a resourceFieldRef names; "" is `self`. */
export function containerOf(pod: ReadonlyPod, name: string, self?: ReadonlyContainer): ReadonlyContainer {
  if (self && (name === '' || name === self.name)) return self;
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const found = all.find((container) => container.name === name);
  if (!found) throw new Error(`container ${name} not found`);
  return found;
}

function isSet(quantity: string | undefined): quantity is string {
  return quantity !== undefined && quantityMilliValue(quantity) !== 0;
}

/** CPU is counted in thousandths, everything else in whole units. */
function inUnitsOf(divisor: string, amount: string, milli: boolean): string {
  const value = milli ? quantityMilliValue : quantityValue;
  return String(Math.ceil(value(amount) / value(divisor)));
}
