import { isIP } from 'node:net';
import {
  ApiError,
  type FieldError,
  invalid,
  type Persisted,
  type Service,
  type ServicePort,
  services,
} from '@kubelab/api';
import { type AddressOwner, addressHeldBy } from '../ranges/ip-address-object.js';
import { RangeFull } from '../ranges/range-allocator.js';
import { nodePortsOf, type ServiceRanges } from '../ranges/service-ranges.js';
import type { HookCall, KindHook, Reservation } from './kind-hook.js';

const HEADLESS = 'None';

/** ClusterIPs and NodePorts: given where they are asked for, kept over updates, returned when no longer used. */
export function serviceHook(ranges: ServiceRanges): KindHook<Service> & { resource: typeof services } {
  return {
    resource: services,
    async beforeCreate(service, call) {
      const taking = new Taking(service, ranges, call);
      return taking.run(async () => {
        if (wantsAddress(service)) await taking.address();
        else if (service.spec?.clusterIP === HEADLESS) service.spec.clusterIPs = [HEADLESS];
        if (wantsNodePorts(service)) await taking.nodePorts([]);
      });
    },
    async beforeUpdate(service, old, call) {
      if (wantsNodePorts(service)) keepNodePorts(service, old);
      const taking = new Taking(service, ranges, call);
      return taking.run(async () => {
        if (wantsAddress(service) && addressHeldBy(old) === '') await taking.address();
        if (wantsNodePorts(service)) await taking.nodePorts(nodePortsOf(old));
        taking.returnUnused(old);
      });
    },
    async afterDelete(service) {
      const address = addressHeldBy(service);
      if (address !== '') await ranges.addresses.release([address], ownerOf(service));
      await returnPorts(ranges, nodePortsOf(service));
    },
  };
}

function wantsAddress({ spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && spec?.clusterIP !== HEADLESS;
}

function ownerOf({ metadata }: Service): AddressOwner {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

function wantsNodePorts({ spec }: Service): boolean {
  if (spec?.type === 'LoadBalancer') return spec.allocateLoadBalancerNodePorts !== false;
  return spec?.type === 'NodePort';
}

/** An update that names no NodePort for a port keeps the one that it has. */
function keepNodePorts(service: Service, old: Persisted<Service>): void {
  const ports = service.spec?.ports ?? [];
  for (const port of ports.filter(({ nodePort }) => !nodePort)) {
    const same = old.spec?.ports?.find((candidate) => samePort(candidate, port));
    const isTaken = ports.some(({ nodePort }) => nodePort === same?.nodePort);
    if (same?.nodePort && !isTaken) port.nodePort = same.nodePort;
  }
}

function samePort(left: ServicePort, right: ServicePort): boolean {
  return left.port === right.port && (left.protocol ?? 'TCP') === (right.protocol ?? 'TCP');
}

/** What one write takes; all of it is given back when the write is not made. */
class Taking {
  readonly #addresses: string[] = [];
  readonly #ports: number[] = [];
  #unusedAddresses: string[] = [];
  #unusedPorts: number[] = [];

  constructor(
    readonly service: Service,
    readonly ranges: ServiceRanges,
    readonly call: HookCall,
  ) {}

  async run(take: () => Promise<void>): Promise<Reservation> {
    const undo = async () => {
      if (this.call.dryRun) return;
      await this.ranges.addresses.release(this.#addresses, ownerOf(this.service));
      await returnPorts(this.ranges, this.#ports);
    };
    const commit = async () => {
      await this.ranges.addresses.release(this.#unusedAddresses, ownerOf(this.service));
      await returnPorts(this.ranges, this.#unusedPorts);
    };
    try {
      await take();
    } catch (error) {
      await undo();
      throw error;
    }
    return { undo, commit };
  }

  /** The address that the Service asks for, or any. @throws ApiError Invalid, InternalError (none is left) */
  async address(): Promise<void> {
    const { addresses } = this.ranges;
    const { spec } = this.service;
    if (spec === undefined) return;
    const owner = ownerOf(this.service);
    const asked = spec.clusterIP || spec.clusterIPs?.[0] || '';
    if (asked === '') {
      spec.clusterIP = await orFull('a serviceIP', () => addresses.allocate(owner, this.call));
    } else {
      // What is no address at all is validation's to refuse.
      if (isIP(asked) === 0) return;
      if (!addresses.includes(asked)) {
        throw this.#refuseAddress(asked, 'the provided network does not match the current range');
      }
      if (!(await addresses.take(asked, owner, this.call))) {
        throw this.#refuseAddress(asked, 'provided IP is already allocated');
      }
      spec.clusterIP = asked;
    }
    spec.clusterIPs = [spec.clusterIP];
    this.#addresses.push(spec.clusterIP);
  }

  /** A port for each that has none; those in `owned` are the Service's already. @throws ApiError Invalid */
  async nodePorts(owned: readonly number[]): Promise<void> {
    const { ports, portAllocator } = this.ranges;
    const mine = new Set(owned);
    for (const [index, port] of (this.service.spec?.ports ?? []).entries()) {
      const field = `spec.ports[${index}].nodePort`;
      if (!port.nodePort) {
        const offset = await orFull('a nodePort', () => portAllocator.allocate(this.call));
        port.nodePort = ports.portOf(offset);
      } else if (mine.has(port.nodePort)) {
        // One number may serve two protocols of the same Service.
        continue;
      } else {
        const offset = ports.offsetOf(port.nodePort);
        if (offset === undefined) {
          throw this.#refuse(
            field,
            port.nodePort,
            `provided port is not in the valid range. The range of valid ports is ${ports.text}`,
          );
        }
        if (!(await portAllocator.take(offset, this.call)))
          throw this.#refuse(field, port.nodePort, 'provided port is already allocated');
      }
      mine.add(port.nodePort);
      this.#ports.push(port.nodePort);
    }
  }

  /** Once the write is made, what only the old state used goes back. */
  returnUnused(old: Persisted<Service>): void {
    const kept = new Set(nodePortsOf(this.service));
    this.#unusedPorts = nodePortsOf(old).filter((port) => !kept.has(port));
    const address = addressHeldBy(old);
    if (address !== '' && address !== this.service.spec?.clusterIP) this.#unusedAddresses = [address];
  }

  #refuseAddress(asked: string, why: string): ApiError {
    return this.#refuse('spec.clusterIPs', [asked], `failed to allocate IP ${asked}: ${why}`);
  }

  #refuse(field: string, value: unknown, why: string): ApiError {
    const error: FieldError = {
      field,
      type: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    };
    return invalid(services, this.service.metadata?.name ?? '', [error]);
  }
}

/** That nothing is left is, to Kubernetes, no fault of the request. */
async function orFull<V>(what: string, allocate: () => Promise<V>): Promise<V> {
  try {
    return await allocate();
  } catch (error) {
    if (!(error instanceof RangeFull)) throw error;
    throw new ApiError('InternalError', `Internal error occurred: failed to allocate ${what}: ${error.message}`);
  }
}

async function returnPorts({ ports, portAllocator }: ServiceRanges, numbers: readonly number[]): Promise<void> {
  await portAllocator.release(numbers.map((port) => ports.offsetOf(port)).filter((offset) => offset !== undefined));
}
