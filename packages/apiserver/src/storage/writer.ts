import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '@kubelab/api';
import type { EtcdClient } from './etcd/client.js';
import { EtcdError } from './etcd/error.js';
import { CompareTarget, type KeyValue, type RequestOp, type TxnResponse } from './etcd/messages.js';
import { apiErrorOf, outcomeUnknown } from './etcd-failure.js';
import type { Feed } from './feed.js';
import type { PendingWrite, PendingWrites } from './pending-writes.js';
import { decodeValue } from './stored-value.js';
import type { Revision } from './versions.js';

const FIRST_BACKOFF_MS = 25;
const LAST_BACKOFF_MS = 400;
/** Above this etcd only gets slower, and its answers too late. */
const WRITES_IN_FLIGHT = 1_024;

export interface ComparedWrite {
  readonly key: string;
  /** Mod revision that the key must have; 0: it must not exist. */
  readonly expected: Revision;
  /** Carried by a value that the operations put; that is how the write is recognized. */
  readonly writeId: string;
  readonly operations: readonly RequestOp[];
}

export type WriteOutcome =
  | { readonly made: true; readonly revision: Revision; readonly response: TxnResponse | undefined }
  /** `present` is undefined where the key does not exist. */
  | { readonly made: false; readonly present: KeyValue | undefined };

/**
 * Writes by one transaction that compares the key's mod revision.
 *
 * When the answer is lost, the same transaction is sent again. That settles the
 * matter, whatever became of the first: if it succeeds, the first was not made
 * and cannot be made any more, as its comparison now fails; if it does not, the
 * write id found in the key or seen by the watch says whether it was ours.
 */
export class Writer {
  constructor(
    readonly client: EtcdClient,
    readonly feed: Feed,
    readonly pending: PendingWrites,
  ) {}

  /**
   * @throws ApiError ServiceUnavailable (not made) or Timeout (unknown) once the
   * client's time is up; TooManyRequests at once above 1,024 writes in flight
   */
  async write(write: ComparedWrite): Promise<WriteOutcome> {
    if (this.pending.size >= WRITES_IN_FLIGHT) {
      throw new ApiError('TooManyRequests', 'too many writes are under way, please try again later', {
        details: { retryAfterSeconds: 1 },
      });
    }
    const deadline = performance.now() + this.client.requestTimeoutMs;
    const pending = this.pending.begin(write.writeId);
    try {
      return await this.#untilSettled(write, pending, deadline);
    } catch (error) {
      throw apiErrorOf(error);
    } finally {
      this.pending.end(write.writeId);
    }
  }

  async #untilSettled(write: ComparedWrite, pending: PendingWrite, deadline: number): Promise<WriteOutcome> {
    let uncertain = false;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)) {
      try {
        const response = await this.client.txn(transaction(write), deadline - performance.now());
        const revision = response.header?.revision ?? 0;
        if (response.succeeded) return { made: true, revision, response };
        const present = response.responses[0]?.responseRange?.kvs[0];
        if (!uncertain) return { made: false, present };
        return await this.#afterUncertainty(write, pending, present, revision, deadline);
      } catch (error) {
        if (!(error instanceof EtcdError) || !error.transient) throw error;
        uncertain ||= error.sent;
        const isLast = performance.now() + backoffMs > deadline;
        if (!isLast) await delay(backoffMs);
        if (pending.revision !== undefined) return { made: true, revision: pending.revision, response: undefined };
        if (isLast) throw uncertain ? outcomeUnknown(error) : error;
      }
    }
  }

  /** An earlier attempt may have been what made the comparison fail. */
  async #afterUncertainty(
    write: ComparedWrite,
    pending: PendingWrite,
    present: KeyValue | undefined,
    revision: Revision,
    deadline: number,
  ): Promise<WriteOutcome> {
    if (present && decodeValue(present.value).header.writeId === write.writeId) {
      return { made: true, revision: present.modRevision, response: undefined };
    }
    // Ours may have been made and changed again by another: the watch shows all that happened up to here.
    const seenAll = await this.feed.waitFor(revision, deadline - performance.now());
    if (pending.revision !== undefined) return { made: true, revision: pending.revision, response: undefined };
    if (!seenAll || pending.historyLost) throw outcomeUnknown(undefined);
    return { made: false, present };
  }
}

function transaction(write: ComparedWrite) {
  const key = Buffer.from(write.key);
  const comparison =
    write.expected === 0
      ? { target: CompareTarget.create, key, createRevision: 0 }
      : { target: CompareTarget.mod, key, modRevision: write.expected };
  return { compare: [comparison], success: write.operations, failure: [{ requestRange: { key } }] };
}
