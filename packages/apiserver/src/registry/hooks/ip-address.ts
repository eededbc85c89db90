import { type IPAddress, ipAddresses, type Service, services } from '@kubelab/api';
import type { Storage } from '../../storage/storage.js';
import { addressHeldBy, ownerOf } from '../ranges/ip-address-object.js';
import type { ServiceRanges } from '../ranges/service-ranges.js';
import type { KindHook } from './kind-hook.js';

/** One that is deleted while its Service still has the address is made anew: it keeps the address from being given twice. */
export function ipAddressHook(
  storage: Storage,
  { addresses }: ServiceRanges,
): KindHook<IPAddress> & { resource: typeof ipAddresses } {
  return {
    resource: ipAddresses,
    async afterDelete(last) {
      const owner = ownerOf(last);
      const holder = owner && (await storage.forResource<Service>(services).get(owner));
      if (holder === undefined || addressHeldBy(holder.object) !== last.metadata.name) return;
      await addresses.take(last.metadata.name, holder.key);
    },
  };
}
