import { type Persisted, type Service, services } from '@kubelab/api';
import type { Storage } from '../../storage/storage.js';
import { type AddressAllocator, createAddressAllocator } from './address-allocator.js';
import { type IpRange, parseIpRange } from './ip-range.js';
import { type PortRange, parsePortRange } from './port-range.js';
import { createRangeAllocator, type RangeAllocator } from './range-allocator.js';
import { repairAddresses } from './repair-addresses.js';
import { followServiceCidrs } from './service-cidr-ranges.js';

/** What Services take their addresses and ports from. */
export interface ServiceRanges {
  /** Of the flag: the ServiceCIDR `kubernetes`. */
  readonly defaultIps: IpRange;
  readonly addresses: AddressAllocator;
  readonly ports: PortRange;
  readonly portAllocator: RangeAllocator;
  /** Takes what Services use, releases what none uses. Run it at start and every few minutes. */
  repair(): Promise<void>;
}

export interface ServiceRangeOptions {
  /** `10.96.0.0/12` */
  readonly serviceClusterIpRange: string;
  /** `30000-32767` */
  readonly serviceNodePortRange: string;
}

/** @throws RangeError for ranges that cannot be read */
export function createServiceRanges(storage: Storage, options: ServiceRangeOptions): ServiceRanges {
  const ports = parsePortRange(options.serviceNodePortRange);
  const addresses = createAddressAllocator(storage, followServiceCidrs(storage));
  const portAllocator = createRangeAllocator(storage, 'ranges/servicenodeports', ports);
  const usedPorts = async () => {
    const page = await storage.forResource(services).list({
      namespace: '',
      limit: 0,
      continueToken: '',
      resourceVersion: '',
      resourceVersionMatch: '',
    });
    const offsets = page.items.flatMap(({ object }) =>
      nodePortsOf(object as Persisted<Service>).map((port) => ports.offsetOf(port)),
    );
    return new Set(offsets.filter((offset) => offset !== undefined));
  };
  return {
    defaultIps: parseIpRange(options.serviceClusterIpRange),
    addresses,
    ports,
    portAllocator,
    async repair() {
      await repairAddresses(storage, addresses, Date.now());
      await portAllocator.repair(usedPorts);
    },
  };
}

/** Every NodePort that a Service has, once. */
export function nodePortsOf({ spec }: Service): number[] {
  return [...new Set((spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0).filter((port) => port > 0))];
}
