import {
  addLists,
  compareQuantities,
  type DeepReadonly,
  inQuotaScopes,
  type KubernetesObject,
  maskList,
  type QualifiedResource,
  type Quantity,
  quotaNamesOf,
  quotaUsage,
  type ResourceQuota,
} from '@kubelab/api';

/** All objects of one kind in the quota's namespace. */
export interface Counted {
  readonly resource: QualifiedResource;
  readonly objects: Iterable<DeepReadonly<KubernetesObject>>;
}

/** What is used of everything that a quota limits; nothing is "0". */
export function usedOf(
  quota: DeepReadonly<ResourceQuota>,
  counted: Iterable<Counted>,
  nowMs: number,
): Record<string, Quantity> {
  const names = Object.keys(quota.spec?.hard ?? {});
  let used: Record<string, Quantity> = Object.fromEntries(names.map((name) => [name, '0']));
  for (const { resource, objects } of counted) {
    const ownNames = quotaNamesOf(resource, names);
    if (ownNames.length === 0) continue;
    for (const object of objects) {
      if (!inQuotaScopes(quota, resource, object)) continue;
      used = addLists(used, maskList(quotaUsage(resource, object, nowMs), ownNames));
    }
  }
  return used;
}

/** True when something is used less than was written down. */
export function lowers(used: Readonly<Record<string, Quantity>>, before: Readonly<Record<string, Quantity>>): boolean {
  return Object.entries(used).some(
    ([name, quantity]) => Object.hasOwn(before, name) && compareQuantities(quantity, before[name] ?? '0') < 0,
  );
}
