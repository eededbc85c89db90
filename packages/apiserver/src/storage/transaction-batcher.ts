import { leases } from '@kubelab/api';
import type { EtcdClient } from './etcd/client.js';
import { EtcdError, GrpcCode } from './etcd/error.js';
import { CompareTarget, type RequestOp, type TxnRequest, type TxnResponse } from './etcd/messages.js';
import { resourcePrefix } from './storage-keys.js';
import type { Revision } from './versions.js';

/** A write that is made only if its key is at a known revision. */
export interface ComparedWrite {
  readonly key: string;
  /** Mod revision that the key must have; 0: it must not exist. */
  readonly expected: Revision;
  /** Carried by a value that the operations put; that is how the write is recognized. */
  readonly writeId: string;
  /** About how many bytes the operations have. */
  readonly size: number;
  /** What to do, as the write at `position` of its transaction. */
  operations(position: number): readonly RequestOp[];
}

const LEASES = resourcePrefix(leases);

/** Kept waiting by nothing that is not. */
export function isUrgent(key: string): boolean {
  return key.startsWith(LEASES);
}

/** What etcd answered to one write. */
export interface WriteAnswer {
  readonly response: TxnResponse;
  /** Of the transaction that it was part of. */
  readonly revision: Revision;
  readonly position: number;
}

interface Waiting {
  readonly write: ComparedWrite;
  readonly deadlineMs: number;
  resolve(answer: WriteAnswer): void;
  reject(error: unknown): void;
}

/** Larger ones were slower when measured. */
const WRITES_PER_TRANSACTION = 32;
/** etcd takes 1.5 MiB in all; one write may be as large as that. */
const BYTES_PER_TRANSACTION = 768 * 1024;
/** So many of them are for what is urgent, while there is other work. */
const URGENT_PER_TRANSACTION = 24;
/** Some are applied while the next is on its way; what comes meanwhile shares the one after. */
const TRANSACTIONS_IN_FLIGHT = 3;

/**
 * Puts writes that come at the same time into one etcd transaction, each in a
 * transaction of its own within it, so that one whose comparison fails leaves
 * the others alone. A write that comes alone goes at once, and as it is. Leases
 * go before what waits longer: nodes and leaders whose lease is late are taken
 * for dead, which makes more work of what was too much already.
 */
export class TransactionBatcher {
  readonly #urgent: Waiting[] = [];
  readonly #queue: Waiting[] = [];
  #inFlight = 0;
  /** Two transactions on their way may arrive in either order; the writes of one key keep theirs. */
  readonly #keysInFlight = new Set<string>();
  #scheduled = false;

  constructor(readonly client: EtcdClient) {}

  /** Rejects with an EtcdError: see {@link EtcdError.sent} for whether the write may have been made. */
  send(write: ComparedWrite, limitMs: number): Promise<WriteAnswer> {
    return new Promise((resolve, reject) => {
      const queue = isUrgent(write.key) ? this.#urgent : this.#queue;
      queue.push({ write, deadlineMs: performance.now() + limitMs, resolve, reject });
      this.#schedule();
    });
  }

  /** At the end of the turn: several requests may have come with one read of a socket. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#fill();
    });
  }

  #fill(): void {
    while (this.#inFlight < TRANSACTIONS_IN_FLIGHT) {
      const batch = this.#take();
      if (batch.length === 0) return;
      this.#start(batch);
    }
  }

  #start(batch: readonly Waiting[]): void {
    this.#inFlight += 1;
    for (const { write } of batch) this.#keysInFlight.add(write.key);
    this.#run(batch)
      .catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      })
      .finally(() => {
        this.#inFlight -= 1;
        for (const { write } of batch) this.#keysInFlight.delete(write.key);
        this.#fill();
      });
  }

  /** The first in the queues that fit together. A key may be named once in a transaction: its second write waits. */
  #take(): Waiting[] {
    const batch = { writes: [] as Waiting[], bytes: 0, keys: new Set(this.#keysInFlight) };
    const urgentLimit = this.#queue.length > 0 ? URGENT_PER_TRANSACTION : WRITES_PER_TRANSACTION;
    takeFrom(this.#urgent, batch, urgentLimit);
    takeFrom(this.#queue, batch, WRITES_PER_TRANSACTION);
    return batch.writes;
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    if (batch.length === 1) return this.#runAlone(first);
    const limitMs = Math.min(...batch.map(({ deadlineMs }) => deadlineMs)) - performance.now();
    const success = batch.map(({ write }, position) => ({ requestTxn: transactionOf(write, position) }));
    try {
      const { header, responses } = await this.client.txnBatch({ success }, limitMs);
      const revision = header?.revision ?? 0;
      batch.forEach(({ resolve, reject }, position) => {
        const response = responses[position]?.responseTxn;
        if (response) resolve({ response, revision, position });
        else reject(new EtcdError(GrpcCode.internal, 'etcd left out the answer to a write', true));
      });
    } catch (error) {
      if (!(error instanceof EtcdError) || error.transient) throw error;
      // etcd refuses the whole for the sake of one (a lease that is over, too many bytes): alone, only that one fails.
      await Promise.all(batch.map((one) => this.#runAlone(one)));
    }
  }

  async #runAlone({ write, deadlineMs, resolve, reject }: Waiting): Promise<void> {
    try {
      const response = await this.client.txn(transactionOf(write, 0), deadlineMs - performance.now());
      resolve({ response, revision: response.header?.revision ?? 0, position: 0 });
    } catch (error) {
      reject(error);
    }
  }
}

/** Moves to the batch what fits, until it has `limit` writes. What is late is refused. */
function takeFrom(
  queue: Waiting[],
  batch: { writes: Waiting[]; bytes: number; keys: Set<string> },
  limit: number,
): void {
  const left: Waiting[] = [];
  const nowMs = performance.now();
  let full = batch.writes.length >= limit;
  for (const waiting of queue.splice(0)) {
    const { write, deadlineMs, reject } = waiting;
    if (deadlineMs <= nowMs) {
      reject(new EtcdError(GrpcCode.unavailable, 'no time was left to send a write to etcd', false));
      continue;
    }
    full ||= batch.writes.length > 0 && batch.bytes + write.size > BYTES_PER_TRANSACTION;
    if (full || batch.keys.has(write.key)) {
      left.push(waiting);
      batch.keys.add(write.key);
      continue;
    }
    batch.writes.push(waiting);
    batch.keys.add(write.key);
    batch.bytes += write.size;
    full = batch.writes.length >= limit;
  }
  queue.push(...left);
}

function transactionOf(write: ComparedWrite, position: number): TxnRequest {
  const key = Buffer.from(write.key);
  const comparison =
    write.expected === 0
      ? { target: CompareTarget.create, key, createRevision: 0 }
      : { target: CompareTarget.mod, key, modRevision: write.expected };
  return { compare: [comparison], success: write.operations(position), failure: [{ requestRange: { key } }] };
}
