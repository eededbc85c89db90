import { setTimeout as delay } from 'node:timers/promises';
import type { EtcdClient } from './etcd/client.js';
import { EtcdError } from './etcd/error.js';
import { CompareTarget } from './etcd/messages.js';
import { COMPACTION_KEY } from './storage-keys.js';
import type { StorageLog } from './storage-log.js';
import { encodeHeader, newWriteId } from './stored-value.js';
import type { Revision } from './versions.js';

/**
 * Lets etcd forget history older than one to two intervals. Each apiserver tries
 * at every interval to be the one that replaces a key, comparing its revision;
 * who succeeds compacts up to the write that the key had before, so up to one
 * interval ago, and the others begin their interval anew.
 */
export class Compactor {
  /** Mod revision of the key, as this apiserver last knew it. */
  #known: Revision = 0;
  #forgotten: Revision = 0;

  constructor(
    readonly client: EtcdClient,
    readonly intervalMs: number,
    readonly log: StorageLog,
  ) {}

  /** What etcd has been asked to forget everything before, by whichever apiserver, as far as this one knows. */
  get forgotten(): Revision {
    return this.#forgotten;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await delay(this.intervalMs, undefined, { signal });
        await this.compactOnce();
      } catch (error) {
        if (signal.aborted) return;
        this.log.warn({ err: error }, 'etcd was not compacted, trying again after the interval');
      }
    }
  }

  /** Resolves with the revision compacted up to, or undefined where it was not for this apiserver to do. */
  async compactOnce(): Promise<Revision | undefined> {
    const key = Buffer.from(COMPACTION_KEY);
    const previous = this.#known;
    const comparison =
      previous === 0
        ? { target: CompareTarget.create, key, createRevision: 0 }
        : { target: CompareTarget.mod, key, modRevision: previous };
    const response = await this.client.txn({
      compare: [comparison],
      success: [{ requestPut: { key, value: encodeHeader(newWriteId(), undefined) } }],
      failure: [{ requestRange: { key } }],
    });
    if (!response.succeeded) {
      this.#known = response.responses[0]?.responseRange?.kvs[0]?.modRevision ?? 0;
      // Who replaced the key has compacted up to what it was before.
      if (this.#known !== previous) this.#forgotten = previous;
      return undefined;
    }
    this.#known = response.header?.revision ?? 0;
    if (previous === 0) return undefined;
    try {
      await this.client.compact(previous);
    } catch (error) {
      // Someone else, an operator perhaps, has compacted further already.
      if (!(error instanceof EtcdError && error.compacted)) throw error;
    }
    this.#forgotten = previous;
    this.log.info({ revision: previous }, 'compacted etcd');
    return previous;
  }
}
