import {
  addLists,
  exceeding,
  listText,
  maskList,
  type Persisted,
  type Quantity,
  quotaConstraint,
  quotaCovers,
  quotaNamesOf,
  quotaUsage,
  type ResourceQuota,
  subtractLists,
  withoutZeros,
} from '@kubelab/api';
import type { AdmissionRequest } from '../admission.js';
import { forbiddenObject } from '../forbidden-object.js';

export type Usage = Record<string, Quantity>;

/**
 * What a request adds to each of the quotas of its namespace that it concerns, by their names.
 * @throws ApiError Forbidden where one of them has no room, does not know yet what is used, or asks for what the object does not say
 */
export function assess(
  request: AdmissionRequest,
  quotas: readonly Persisted<ResourceQuota>[],
  nowMs: number,
): Map<string, Usage> {
  const { resource, object = {}, key } = request;
  const refuse = (why: string) => forbiddenObject(resource, key.name, why);
  const concerned = quotas.filter((quota) => quotaCovers(quota, resource, object));
  for (const { metadata, status } of concerned) {
    const names = quotaNamesOf(resource, Object.keys(status?.hard ?? {}));
    const missing = quotaConstraint(resource, object, names);
    if (missing !== '') throw refuse(`failed quota: ${metadata.name}: ${missing}`);
    if (names.some((name) => !Object.hasOwn(status?.used ?? {}, name))) {
      throw refuse(`status unknown for quota: ${metadata.name}, resources: ${names.sort().join(',')}`);
    }
  }
  const additions = new Map<string, Usage>();
  for (const quota of concerned) {
    const { hard = {}, used = {} } = quota.status ?? {};
    const requested = maskList(withoutZeros(additionOf(request, quota, nowMs)), Object.keys(hard));
    if (Object.keys(requested).length === 0) continue;
    const over = exceeding(maskList(addLists(used, requested), Object.keys(requested)), hard);
    if (over.length > 0) {
      const of = (list: Usage) => listText(maskList(list, over));
      const text = `exceeded quota: ${quota.metadata.name}, requested: ${of(requested)}, used: ${of(used)}, limited: ${of(hard)}`;
      throw refuse(text);
    }
    additions.set(quota.metadata.name, requested);
  }
  return additions;
}

/** The object's usage; of an update only what it uses more than before. */
function additionOf(
  { resource, object = {}, old }: AdmissionRequest,
  quota: Persisted<ResourceQuota>,
  nowMs: number,
): Usage {
  const usage = quotaUsage(resource, object, nowMs);
  if (old === undefined || !quotaCovers(quota, resource, old)) return usage;
  return subtractLists(usage, quotaUsage(resource, old, nowMs));
}
