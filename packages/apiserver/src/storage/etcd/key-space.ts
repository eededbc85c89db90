import type {
  Event,
  KeyValue,
  RequestOp,
  TxnBatchRequest,
  TxnBatchResponse,
  TxnRequest,
  TxnResponse,
} from './messages.js';

/** Where the storage takes everything to live. */
export const ROOT = '/registry';
const SLASH = 0x2f;
/** No key of the storage begins so. */
const NOBODYS = Buffer.from([0]);

/**
 * An etcd that is shared: what the storage calls `/registry/…` lives under
 * another prefix there, and what others have under `/registry/` is not seen as ours.
 */
export class KeySpace {
  readonly #prefix: Buffer;

  /** @param prefix begins with a slash and does not end with one: `/kubelab/NAME` */
  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix);
  }

  outward(key: Buffer): Buffer {
    return key.toString('latin1', 0, ROOT.length) === ROOT
      ? Buffer.concat([this.#prefix, key.subarray(ROOT.length)])
      : key;
  }

  inward(key: Buffer): Buffer {
    const { length } = this.#prefix;
    const isOurs = key.length > length && key[length] === SLASH && key.subarray(0, length).equals(this.#prefix);
    if (isOurs) return Buffer.concat([Buffer.from(ROOT), key.subarray(length)]);
    return key.toString('latin1', 0, ROOT.length) === ROOT ? Buffer.concat([NOBODYS, key]) : key;
  }

  /** A request for a key or a range of them. */
  range<Q extends { key?: Buffer | undefined; rangeEnd?: Buffer | undefined }>(request: Q): Q {
    const { key, rangeEnd } = request;
    return {
      ...request,
      ...(key ? { key: this.outward(key) } : {}),
      ...(rangeEnd ? { rangeEnd: this.outward(rangeEnd) } : {}),
    };
  }

  transaction(request: TxnRequest): TxnRequest {
    return {
      ...request,
      ...(request.compare ? { compare: request.compare.map((one) => this.range(one)) } : {}),
      ...(request.success ? { success: request.success.map((one) => this.#operation(one)) } : {}),
      ...(request.failure ? { failure: request.failure.map((one) => this.#operation(one)) } : {}),
    };
  }

  batch({ success = [] }: TxnBatchRequest): TxnBatchRequest {
    return {
      success: success.map(({ requestTxn }) => (requestTxn ? { requestTxn: this.transaction(requestTxn) } : {})),
    };
  }

  found(kvs: readonly KeyValue[]): KeyValue[] {
    return kvs.map((kv) => ({ ...kv, key: this.inward(kv.key) }));
  }

  events(events: readonly Event[]): Event[] {
    return events.map((event) =>
      event.kv ? { ...event, kv: { ...event.kv, key: this.inward(event.kv.key) } } : event,
    );
  }

  answer(response: TxnResponse): TxnResponse {
    const responses = response.responses.map((one) => ({
      ...one,
      ...(one.responseRange ? { responseRange: { ...one.responseRange, kvs: this.found(one.responseRange.kvs) } } : {}),
      ...(one.responseDeleteRange
        ? {
            responseDeleteRange: {
              ...one.responseDeleteRange,
              prevKvs: this.found(one.responseDeleteRange.prevKvs),
            },
          }
        : {}),
    }));
    return { ...response, responses };
  }

  batchAnswer(response: TxnBatchResponse): TxnBatchResponse {
    const responses = response.responses.map(({ responseTxn }) => ({
      responseTxn: responseTxn && this.answer(responseTxn),
    }));
    return { ...response, responses };
  }

  #operation({ requestRange, requestPut, requestDeleteRange }: RequestOp): RequestOp {
    return {
      ...(requestRange ? { requestRange: this.range(requestRange) } : {}),
      ...(requestPut ? { requestPut: this.range(requestPut) } : {}),
      ...(requestDeleteRange ? { requestDeleteRange: this.range(requestDeleteRange) } : {}),
    };
  }
}
