import { type Persisted, type Service, services } from '@kubelab/api';
import type { Storage } from '../../storage/storage.js';
import { type IpRange, parseIpRange } from './ip-range.js';
import { type PortRange, parsePortRange } from './port-range.js';
import { createRangeAllocator, type RangeAllocator } from './range-allocator.js';

/** What Services take their addresses and ports from. */
export interface ServiceRanges {
  readonly ips: IpRange;
  readonly ports: PortRange;
  readonly ipAllocator: RangeAllocator;
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
  const ips = parseIpRange(options.serviceClusterIpRange);
  const ports = parsePortRange(options.serviceNodePortRange);
  const ipAllocator = createRangeAllocator(storage, 'ranges/serviceips', ips);
  const portAllocator = createRangeAllocator(storage, 'ranges/servicenodeports', ports);
  const used = async (offsetsOf: (service: Persisted<Service>) => (number | undefined)[]) => {
    const page = await storage.forResource(services).list({
      namespace: '',
      limit: 0,
      continueToken: '',
      resourceVersion: '',
      resourceVersionMatch: '',
    });
    const offsets = page.items.flatMap(({ object }) => offsetsOf(object as Persisted<Service>));
    return new Set(offsets.filter((offset) => offset !== undefined));
  };
  return {
    ips,
    ports,
    ipAllocator,
    portAllocator,
    async repair() {
      await ipAllocator.repair(() => used((service) => [ips.offsetOf(service.spec?.clusterIP ?? '')]));
      await portAllocator.repair(() => used((service) => nodePortsOf(service).map((port) => ports.offsetOf(port))));
    },
  };
}

/** Every NodePort that a Service has, once. */
export function nodePortsOf({ spec }: Service): number[] {
  return [...new Set((spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0).filter((port) => port > 0))];
}
