import { type DeepReadonly, type ServiceCIDR, serviceCidrs } from '@kubelab/api';
import type { Storage } from '../../storage/storage.js';
import { type IpRange, ipRangeOf } from './ip-range.js';

/** The IPv4 networks of the ServiceCIDRs that addresses may be given from now, the oldest object's first. */
export interface ServiceCidrRanges {
  ready(): readonly IpRange[];
}

/** Follows the ServiceCIDRs. Several may name one network, and networks may overlap. */
export function followServiceCidrs(storage: Storage): ServiceCidrRanges {
  const objects = new Map<string, DeepReadonly<ServiceCIDR>>();
  let ranges: readonly IpRange[] | undefined;
  storage.forResource(serviceCidrs).observe(({ type, current }) => {
    ranges = undefined;
    if (type === 'DELETED') objects.delete(current.key.name);
    else objects.set(current.key.name, current.object as DeepReadonly<ServiceCIDR>);
  });
  return {
    ready() {
      ranges ??= [...objects.values()]
        .filter(isReady)
        .sort((left, right) => createdAt(left).localeCompare(createdAt(right)))
        .flatMap(({ spec }) => (spec?.cidrs ?? []).flatMap((cidr) => ipRangeOf(cidr) ?? []));
      return ranges;
    },
  };
}

/** One without the condition is ready: nobody may be there to set it (KEP-1880). */
function isReady({ metadata, status }: DeepReadonly<ServiceCIDR>): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  return condition === undefined || condition.status === 'True';
}

function createdAt({ metadata }: DeepReadonly<ServiceCIDR>): string {
  return metadata?.creationTimestamp ?? '';
}
