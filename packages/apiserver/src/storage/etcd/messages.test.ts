import { createRequire } from 'node:module';
import { loadSync } from '@grpc/proto-loader';
import { describe, expect, it } from 'vitest';
import * as messages from './messages.js';
import type { MessageType } from './wire.js';

const require = createRequire(import.meta.url);
const protoFile = require.resolve('etcd3/proto/rpc.proto');
const definition = loadSync(protoFile, { keepCase: false, longs: Number, defaults: false, arrays: false });

const key = Buffer.from('/registry/pods/default/web');
const value = Buffer.from('{}\n{"kind":"Pod"}');
const kv = { key, createRevision: 3, modRevision: 2 ** 40 + 5, value };
const header = { revision: 300 };

const cases: [string, MessageType<object>, object][] = [
  [
    'etcdserverpb.RangeRequest',
    messages.rangeRequest,
    { key, rangeEnd: key, limit: 500, revision: 7, serializable: true, keysOnly: true, countOnly: true },
  ],
  ['etcdserverpb.RangeResponse', messages.rangeResponse, { header, kvs: [kv, kv], more: true, count: 9 }],
  ['etcdserverpb.PutRequest', messages.putRequest, { key, value, lease: 2 ** 50, ignoreLease: true }],
  ['etcdserverpb.DeleteRangeRequest', messages.deleteRangeRequest, { key, prevKv: true }],
  [
    'etcdserverpb.TxnRequest',
    messages.txnRequest,
    {
      compare: [{ target: messages.CompareTarget.mod, key, modRevision: 130 }],
      success: [{ requestPut: { key, value } }, { requestDeleteRange: { key } }],
      failure: [{ requestRange: { key } }],
    },
  ],
  [
    'etcdserverpb.TxnResponse',
    messages.txnResponse,
    {
      header,
      succeeded: true,
      responses: [{ responseRange: { kvs: [kv] } }, { responseDeleteRange: { deleted: 1, prevKvs: [kv] } }],
    },
  ],
  [
    'etcdserverpb.TxnRequest',
    messages.txnBatchRequest,
    {
      success: [
        {
          requestTxn: { compare: [{ target: messages.CompareTarget.create, key }], success: [{ requestPut: { key } }] },
        },
        { requestTxn: { failure: [{ requestRange: { key } }] } },
      ],
    },
  ],
  [
    'etcdserverpb.TxnResponse',
    messages.txnBatchResponse,
    {
      header,
      responses: [
        { responseTxn: { succeeded: true } },
        { responseTxn: { responses: [{ responseRange: { kvs: [kv] } }] } },
      ],
    },
  ],
  ['etcdserverpb.CompactionRequest', messages.compactionRequest, { revision: 1234567 }],
  ['etcdserverpb.LeaseGrantRequest', messages.leaseGrantRequest, { TTL: 3660, ID: 2 ** 52 - 1 }],
  ['etcdserverpb.LeaseGrantResponse', messages.leaseGrantResponse, { header, TTL: 60, error: 'no' }],
  [
    'etcdserverpb.WatchRequest',
    messages.watchRequest,
    { createRequest: { key, rangeEnd: key, startRevision: 9, progressNotify: true, fragment: true } },
  ],
  [
    'etcdserverpb.WatchResponse',
    messages.watchResponse,
    {
      header,
      created: true,
      canceled: true,
      compactRevision: 5,
      cancelReason: 'compacted',
      fragment: true,
      events: [{ type: 1, kv }],
    },
  ],
] as unknown as [string, MessageType<object>, object][];

describe('etcd messages', () => {
  it.each(cases)('%s is encoded as the proto file says', (name, type, sample) => {
    const encoded = type.encode(sample);
    expect(serializer(name).decode(encoded)).toEqual(serializer(name).decode(serializer(name).encode(sample)));
  });

  it.each(cases)('%s is decoded as the proto file says', (name, type, sample) => {
    const encoded = serializer(name).encode(sample);
    expect(type.decode(encoded)).toMatchObject(sample);
  });

  it('skips fields that it does not know, of every wire type', () => {
    const unknown = Buffer.from([
      0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    const encoded = Buffer.concat([unknown, Buffer.from([0x2d, 1, 2, 3, 4]), messages.responseHeader.encode(header)]);
    expect(messages.responseHeader.decode(encoded)).toEqual(header);
  });

  it('refuses a truncated message', () => {
    const encoded = messages.keyValue.encode(kv);
    expect(() => messages.keyValue.decode(encoded.subarray(0, encoded.length - 1))).toThrow(RangeError);
  });
});

/** proto-loader gives serializers only to methods: each message is the request or response of one. */
function serializer(name: string): { encode(value: object): Buffer; decode(bytes: Buffer): object } {
  const short = name.slice(name.indexOf('.') + 1);
  const method = short.replace(/(Request|Response)$/, '');
  const paths: Record<string, [string, string]> = {
    Range: ['KV', 'Range'],
    Put: ['KV', 'Put'],
    DeleteRange: ['KV', 'DeleteRange'],
    Txn: ['KV', 'Txn'],
    Compaction: ['KV', 'Compact'],
    LeaseGrant: ['Lease', 'LeaseGrant'],
    Watch: ['Watch', 'Watch'],
  };
  const [service, call] = paths[method] ?? ['', ''];
  const definitionOf = (definition[`etcdserverpb.${service}`] as unknown as Record<string, Method>)[call];
  if (!definitionOf) throw new Error(`no method carries ${name}`);
  return short.endsWith('Request')
    ? { encode: definitionOf.requestSerialize, decode: definitionOf.requestDeserialize }
    : { encode: definitionOf.responseSerialize, decode: definitionOf.responseDeserialize };
}

interface Method {
  requestSerialize(value: object): Buffer;
  requestDeserialize(bytes: Buffer): object;
  responseSerialize(value: object): Buffer;
  responseDeserialize(bytes: Buffer): object;
}
