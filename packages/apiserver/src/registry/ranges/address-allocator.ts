import { type IPAddress, ipAddresses } from '@kubelab/api';
import { type ResourceStorage, type Storage, StorageConflict, type StoredObject } from '../../storage/storage.js';
import { type AddressOwner, ipAddressFor, isManaged, ownerOf, sameOwner } from './ip-address-object.js';
import { pickNumber } from './pick-number.js';
import { RangeFull } from './range-allocator.js';
import type { ServiceCidrRanges } from './service-cidr-ranges.js';

/** Gives ClusterIPs out, to every apiserver's Services. What is taken stays taken until it is released. */
export interface AddressAllocator {
  /** Any free address. @throws RangeFull */
  allocate(owner: AddressOwner, options?: { dryRun?: boolean }): Promise<string>;
  /** This address; false when it is taken. */
  take(address: string, owner: AddressOwner, options?: { dryRun?: boolean }): Promise<boolean>;
  /** Whether it may be given out at all. */
  includes(address: string): boolean;
  /** Gives back what this Service, and nobody else, had taken. */
  release(addresses: readonly string[], owner: AddressOwner): Promise<void>;
}

const MAX_LOST_RACES = 1_000;

/**
 * An address is taken by creating the IPAddress of its name: etcd lets one
 * create succeed, whichever apiserver it comes from. The cache only says where
 * to try; what it does not know yet is found out by the create.
 */
export function createAddressAllocator(storage: Storage, cidrs: ServiceCidrRanges): AddressAllocator {
  const objects = storage.forResource(ipAddresses);
  /** Being taken by this process; others are kept from trying the same. */
  const inFlight = new Set<string>();

  function pick(lost: ReadonlySet<string>): string | undefined {
    for (const range of cidrs.ready()) {
      const offset = pickNumber(range, (candidate) => {
        const name = range.addressOf(candidate);
        return !inFlight.has(name) && !lost.has(name) && objects.getCached(keyOf(name)) === undefined;
      });
      if (offset !== undefined) return range.addressOf(offset);
    }
    return undefined;
  }

  async function take(address: string, owner: AddressOwner): Promise<boolean> {
    inFlight.add(address);
    try {
      await objects.create(keyOf(address), ipAddressFor(address, owner, Date.now()), {});
      return true;
    } catch (error) {
      if (error instanceof StorageConflict) return false;
      throw error;
    } finally {
      inFlight.delete(address);
    }
  }

  return {
    async allocate(owner, { dryRun = false } = {}) {
      let lost = new Set<string>();
      let isFresh = false;
      for (let attempt = 0; attempt < MAX_LOST_RACES; attempt += 1) {
        const address = pick(lost);
        if (address !== undefined) {
          if (dryRun || (await take(address, owner))) return address;
          lost.add(address);
        } else if (isFresh) {
          throw new RangeFull();
        } else {
          // The cache may not know yet of one that was given back.
          await objects.get(keyOf('0.0.0.0'));
          lost = new Set();
          isFresh = true;
        }
      }
      throw new Error(`no address could be taken: ${MAX_LOST_RACES} races lost`);
    },
    async take(address, owner, { dryRun = false } = {}) {
      return dryRun ? (await objects.get(keyOf(address))) === undefined : take(address, owner);
    },
    includes: (address) => cidrs.ready().some((range) => range.offsetOf(address) !== undefined),
    async release(addresses, owner) {
      await Promise.all(addresses.map((address) => releaseOne(objects, address, owner)));
    },
  };
}

async function releaseOne(objects: ResourceStorage<IPAddress>, address: string, owner: AddressOwner): Promise<void> {
  let present: StoredObject<IPAddress> | undefined = await objects.get(keyOf(address));
  while (present !== undefined && isManaged(present.object) && sameOwner(ownerOf(present.object), owner)) {
    try {
      await objects.delete(present.key, present.version, {});
      return;
    } catch (error) {
      if (!(error instanceof StorageConflict)) throw error;
      present = error.present as StoredObject<IPAddress> | undefined;
    }
  }
}

function keyOf(address: string) {
  return { namespace: '', name: address };
}
