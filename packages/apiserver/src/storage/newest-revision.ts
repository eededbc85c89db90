import { setImmediate } from 'node:timers/promises';
import type { EtcdClient } from './etcd/client.js';
import { DELETION_KEY } from './storage-keys.js';
import type { Revision } from './versions.js';

/**
 * Asks etcd, linearized, which revision it stands at. All who ask before a
 * question is on its way share it, and one is at a time: it is asked after they
 * came, so its answer covers every write acknowledged before they did.
 */
export class NewestRevision {
  #running: Promise<Revision> | undefined;
  #next: Promise<Revision> | undefined;

  constructor(readonly client: EtcdClient) {}

  /** Rejects with an EtcdError when etcd does not answer in the client's time. */
  get(): Promise<Revision> {
    this.#next ??= this.#askNext();
    return this.#next;
  }

  async #askNext(): Promise<Revision> {
    await this.#running?.catch(() => undefined);
    // To the end of the turn: several requests may have come with one read of a socket.
    await setImmediate();
    this.#next = undefined;
    this.#running = this.#ask();
    return this.#running;
  }

  async #ask(): Promise<Revision> {
    try {
      // Half the time, for whoever shares the next question waits for two.
      const timeoutMs = this.client.requestTimeoutMs / 2;
      const response = await this.client.range({ key: Buffer.from(DELETION_KEY), countOnly: true }, { timeoutMs });
      return response.header?.revision ?? 0;
    } finally {
      this.#running = undefined;
    }
  }
}
