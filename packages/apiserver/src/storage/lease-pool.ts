import type { EtcdClient } from './etcd/client.js';

/** Objects under one lease expire in one revision; fewer of them make that revision smaller. */
const OBJECTS_PER_LEASE = 500;
const SHARED_FOR_SECONDS = 60;

interface SharedLease {
  readonly id: Promise<number>;
  readonly sharedUntilMs: number;
  objects: number;
}

/**
 * etcd leases for objects that expire. A lease is shared by what is written
 * within a minute (a twentieth of the time to live, if that is less), so an
 * object lives up to that much longer than asked for, never shorter.
 */
export class LeasePool {
  readonly #leases = new Map<number, SharedLease>();

  constructor(readonly client: EtcdClient) {}

  /** The id of a lease that lasts at least so long. Rejects with an EtcdError. */
  async acquire(timeToLiveSeconds: number): Promise<number> {
    let lease = this.#leases.get(timeToLiveSeconds);
    if (!lease || lease.objects >= OBJECTS_PER_LEASE || performance.now() > lease.sharedUntilMs) {
      lease = this.#grant(timeToLiveSeconds);
      this.#leases.set(timeToLiveSeconds, lease);
    }
    lease.objects++;
    try {
      return await lease.id;
    } catch (error) {
      if (this.#leases.get(timeToLiveSeconds) === lease) this.forget(timeToLiveSeconds);
      throw error;
    }
  }

  /** etcd does not know the lease any more. */
  forget(timeToLiveSeconds: number): void {
    this.#leases.delete(timeToLiveSeconds);
  }

  #grant(timeToLiveSeconds: number): SharedLease {
    const sharedForSeconds = Math.min(SHARED_FOR_SECONDS, Math.ceil(timeToLiveSeconds / 20));
    return {
      id: this.client.grantLease(timeToLiveSeconds + sharedForSeconds),
      sharedUntilMs: performance.now() + sharedForSeconds * 1000,
      objects: 0,
    };
  }
}
