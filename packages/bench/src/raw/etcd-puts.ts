import { type ClientHttp2Session, connect, constants } from 'node:http2';
import type { TlsMaterial } from '@kubelab/runtime';

/** Puts straight into etcd, past everything of ours. */
export interface EtcdPuts {
  put(key: string, value: string): Promise<void>;
  close(): void;
}

const PUT_PATH = '/etcdserverpb.KV/Put';

/**
 * etcd's v3 Put as gRPC on node:http2, one connection. A full client would cost
 * the machine more than etcd itself does, and make the comparison too easy.
 */
export async function openEtcdPuts(url: string, tls: TlsMaterial): Promise<EtcdPuts> {
  const session = connect(url, { ...tls });
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve());
    session.once('error', reject);
  });
  // A failure of the connection fails each request on it.
  session.on('error', () => undefined);
  return {
    put: (key, value) => call(session, encodePutRequest(key, value)),
    close: () => session.destroy(),
  };
}

function call(session: ClientHttp2Session, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: PUT_PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status: unknown;
    let reason: unknown;
    const readStatus = (headers: NodeJS.Dict<string | string[] | number>): void => {
      status = headers['grpc-status'] ?? status;
      reason = headers['grpc-message'] ?? reason;
    };
    stream.on('response', readStatus);
    stream.on('trailers', readStatus);
    stream.once('error', reject);
    stream.once('close', () => {
      if (status === '0') resolve();
      else reject(new Error(`etcd refused the put: ${String(status)} ${String(reason)}`));
    });
    stream.resume();
    stream.end(message);
  });
}

const KEY_FIELD = 1;
const VALUE_FIELD = 2;
const LENGTH_DELIMITED = 2;

/** A PutRequest in protobuf behind gRPC's header: not compressed, then its length. */
export function encodePutRequest(key: string, value: string): Buffer {
  const body = Buffer.concat([...bytesField(KEY_FIELD, key), ...bytesField(VALUE_FIELD, value)]);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
}

function bytesField(field: number, text: string): Buffer[] {
  const bytes = Buffer.from(text);
  return [Buffer.from([(field << 3) | LENGTH_DELIMITED, ...varint(bytes.length)]), bytes];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
