import { bytes, flag, type InputOf, integer, type MessageOf, many, message, one, text } from './wire.js';

/**
 * The part of etcd's API (rpc.proto and kv.proto of etcd 3.4) that the storage
 * uses, under etcd's own names. `messages.test.ts` compares every table with
 * the proto files.
 */

/** `Compare.CompareTarget`. `Compare.CompareResult` is EQUAL throughout, which is 0. */
export const CompareTarget = { create: 1, mod: 2 } as const;
/** `Event.EventType`. */
export const EventType = { put: 0, delete: 1 } as const;

export const responseHeader = message({ revision: integer(3) });

export const keyValue = message({
  key: bytes(1),
  createRevision: integer(2),
  modRevision: integer(3),
  value: bytes(5),
});
export type KeyValue = MessageOf<typeof keyValue>;

export const rangeRequest = message({
  key: bytes(1),
  rangeEnd: bytes(2),
  limit: integer(3),
  revision: integer(4),
  serializable: flag(7),
  keysOnly: flag(8),
  countOnly: flag(9),
});
export type RangeRequest = InputOf<typeof rangeRequest>;

export const rangeResponse = message({
  header: one(1, responseHeader),
  kvs: many(2, keyValue),
  more: flag(3),
  count: integer(4),
});
export type RangeResponse = MessageOf<typeof rangeResponse>;

export const putRequest = message({ key: bytes(1), value: bytes(2), lease: integer(3), ignoreLease: flag(6) });
export const putResponse = message({ header: one(1, responseHeader) });

export const deleteRangeRequest = message({ key: bytes(1), prevKv: flag(3) });
export const deleteRangeResponse = message({ deleted: integer(2), prevKvs: many(3, keyValue) });

export const requestOp = message({
  requestRange: one(1, rangeRequest),
  requestPut: one(2, putRequest),
  requestDeleteRange: one(3, deleteRangeRequest),
});
export type RequestOp = InputOf<typeof requestOp>;

export const responseOp = message({
  responseRange: one(1, rangeResponse),
  responsePut: one(2, putResponse),
  responseDeleteRange: one(3, deleteRangeResponse),
});

export const compare = message({
  target: integer(2),
  key: bytes(3),
  createRevision: integer(5),
  modRevision: integer(6),
});

export const txnRequest = message({
  compare: many(1, compare),
  success: many(2, requestOp),
  failure: many(3, requestOp),
});
export type TxnRequest = InputOf<typeof txnRequest>;

export const txnResponse = message({
  header: one(1, responseHeader),
  succeeded: flag(2),
  responses: many(3, responseOp),
});
export type TxnResponse = MessageOf<typeof txnResponse>;

/** A transaction whose operations are transactions; etcd applies them in order, at one revision. */
export const txnBatchRequest = message({ success: many(2, message({ requestTxn: one(4, txnRequest) })) });
export type TxnBatchRequest = InputOf<typeof txnBatchRequest>;

export const txnBatchResponse = message({
  header: one(1, responseHeader),
  responses: many(3, message({ responseTxn: one(4, txnResponse) })),
});
export type TxnBatchResponse = MessageOf<typeof txnBatchResponse>;

export const compactionRequest = message({ revision: integer(1) });
export const compactionResponse = message({ header: one(1, responseHeader) });

export const leaseGrantRequest = message({ TTL: integer(1), ID: integer(2) });
export const leaseGrantResponse = message({ header: one(1, responseHeader), TTL: integer(3), error: text(4) });

export const watchCreateRequest = message({
  key: bytes(1),
  rangeEnd: bytes(2),
  startRevision: integer(3),
  progressNotify: flag(4),
  fragment: flag(8),
});
export type WatchCreateRequest = InputOf<typeof watchCreateRequest>;

export const watchRequest = message({ createRequest: one(1, watchCreateRequest) });

export const event = message({ type: integer(1), kv: one(2, keyValue) });
export type Event = MessageOf<typeof event>;

export const watchResponse = message({
  header: one(1, responseHeader),
  created: flag(3),
  canceled: flag(4),
  compactRevision: integer(5),
  cancelReason: text(6),
  fragment: flag(7),
  events: many(11, event),
});
export type WatchResponse = MessageOf<typeof watchResponse>;
