import {
  type IPAddress,
  ipAddresses,
  type KubernetesObject,
  type Persisted,
  type ResourceType,
  type Service,
  services,
} from '@kubelab/api';
import { type Storage, StorageConflict, type StoredObject } from '../../storage/storage.js';
import type { AddressAllocator } from './address-allocator.js';
import { addressHeldBy, isManaged, ownerOf } from './ip-address-object.js';

/** An address younger than this may be of a Service that is just being written. */
const GRACE_MS = 60_000;

/**
 * Makes the IPAddresses agree with the Services: one for each ClusterIP in use,
 * none that an apiserver made and no Service has. Those that users made stay.
 */
export async function repairAddresses(storage: Storage, allocator: AddressAllocator, nowMs: number): Promise<void> {
  // The addresses first: the Services read afterwards include every one whose address was seen and that was stored.
  const taken = await listAll(storage, ipAddresses);
  const holders = new Map<string, Persisted<Service>>();
  for (const { object } of await listAll(storage, services)) {
    const address = addressHeldBy(object);
    if (address !== '') holders.set(address, object);
  }
  const known = new Set(taken.map(({ key }) => key.name));
  for (const [address, { metadata }] of holders) {
    if (known.has(address)) continue;
    await allocator.take(address, { namespace: metadata.namespace ?? '', name: metadata.name });
  }
  for (const address of taken) if (isLeaked(address, holders, nowMs)) await remove(storage, address);
}

function isLeaked(
  { key, object }: StoredObject<IPAddress>,
  holders: ReadonlyMap<string, Persisted<Service>>,
  nowMs: number,
): boolean {
  if (!isManaged(object) || nowMs - Date.parse(object.metadata.creationTimestamp) < GRACE_MS) return false;
  const owner = ownerOf(object);
  const holder = holders.get(key.name)?.metadata;
  return holder === undefined || owner?.namespace !== holder.namespace || owner?.name !== holder.name;
}

async function remove(storage: Storage, { key, version }: StoredObject<IPAddress>): Promise<void> {
  try {
    await storage.forResource(ipAddresses).delete(key, version, {});
  } catch (error) {
    // Another server was faster, or somebody has changed it: the next repair looks at it again.
    if (!(error instanceof StorageConflict)) throw error;
  }
}

async function listAll<T extends KubernetesObject>(
  storage: Storage,
  resource: ResourceType<T>,
): Promise<readonly StoredObject<T>[]> {
  const { items } = await storage.forResource(resource).list({
    namespace: '',
    limit: 0,
    continueToken: '',
    resourceVersion: '',
    resourceVersionMatch: '',
  });
  return items as readonly StoredObject<T>[];
}
