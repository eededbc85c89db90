import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '@kubelab/api';
import { EtcdError } from './etcd/error.js';
import type { KeyValue, TxnResponse } from './etcd/messages.js';
import { apiErrorOf, outcomeUnknown } from './etcd-failure.js';
import type { Feed } from './feed.js';
import type { PendingWrite, PendingWrites } from './pending-writes.js';
import { decodeValue, numberOf } from './stored-value.js';
import { type ComparedWrite, isUrgent, type TransactionBatcher } from './transaction-batcher.js';
import { type Revision, type VersionNumber, versionNumber } from './versions.js';

const FIRST_BACKOFF_MS = 25;
const LAST_BACKOFF_MS = 400;
/** Above this etcd only gets slower, and its answers too late. */
const WRITES_IN_FLIGHT = 1_024;
/** As far as what is urgent may go beyond that. */
const URGENT_IN_FLIGHT = 2_048;

export type WriteOutcome =
  | { readonly made: true; readonly number: VersionNumber; readonly response: TxnResponse | undefined }
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
    readonly batcher: TransactionBatcher,
    /** How long a write may take with all its attempts. */
    readonly limitMs: number,
    readonly feed: Feed,
    readonly pending: PendingWrites,
  ) {}

  /**
   * @throws ApiError ServiceUnavailable (not made) or Timeout (unknown) once the
   * client's time is up; TooManyRequests at once above 1,024 writes in flight (of leases: 2,048)
   */
  async write(write: ComparedWrite): Promise<WriteOutcome> {
    if (this.pending.size >= (isUrgent(write.key) ? URGENT_IN_FLIGHT : WRITES_IN_FLIGHT)) {
      throw new ApiError('TooManyRequests', 'too many writes are under way, please try again later', {
        details: { retryAfterSeconds: 1 },
      });
    }
    const deadline = performance.now() + this.limitMs;
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
        const { response, revision, position } = await this.batcher.send(write, deadline - performance.now());
        if (response.succeeded) return { made: true, number: versionNumber(revision, position), response };
        const present = response.responses[0]?.responseRange?.kvs[0];
        if (!uncertain) return { made: false, present };
        return await this.#afterUncertainty(write, pending, present, revision, deadline);
      } catch (error) {
        if (!(error instanceof EtcdError) || !error.transient) throw error;
        uncertain ||= error.sent;
        const isLast = performance.now() + backoffMs > deadline;
        if (!isLast) await delay(backoffMs);
        if (pending.number !== undefined) return { made: true, number: pending.number, response: undefined };
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
    const value = present && decodeValue(present.value);
    if (value?.header.writeId === write.writeId) {
      return { made: true, number: numberOf(present as KeyValue, value), response: undefined };
    }
    // Ours may have been made and changed again by another: the watch shows all that happened up to here.
    const seenAll = await this.feed.waitFor(revision, deadline - performance.now());
    if (pending.number !== undefined) return { made: true, number: pending.number, response: undefined };
    if (!seenAll || pending.historyLost) throw outcomeUnknown(undefined);
    return { made: false, present };
  }
}
