import {
  loadProto,
  type SessionRequestBody,
  type SessionResponseMessage,
  secureChannel,
  type TargetMessage,
  type TlsMaterial,
} from '@kubelab/runtime';
import { type RestClient, RestError, type RestRequest } from './rest-client.js';

/** Creates and deletes objects. */
export type LoadClient = Pick<RestClient, 'send' | 'delete'>;

/** The parts of grpc-js' stream that are used. */
interface SessionStream {
  write(request: { id: number } & SessionRequestBody): void;
  end(): void;
  on(event: 'data', listener: (message: SessionResponseMessage) => void): void;
  on(event: 'error' | 'end', listener: (error?: Error) => void): void;
}

interface Waiting {
  resolve(body: Buffer): void;
  reject(error: Error): void;
}

const MOST_IN_FLIGHT = 10_000;
const DELETE_NOW = Buffer.from(JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 }));
const STRICT = /\?fieldValidation=Strict$/;
const PATH = /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+))?$/;

/**
 * kubelab's own protocol as its components speak it: one gRPC stream with many
 * requests in flight, as thin as can be. Takes creations (POST) and deletions
 * by their REST paths; refusals are RestErrors. A stream that is lost fails what
 * is in flight with ECONNRESET, and the next request opens another.
 */
export function createSessionClient(address: string, tls: TlsMaterial): LoadClient & { close(): void } {
  const { credentials, options } = secureChannel(address, tls);
  const waiting = new Map<number, Waiting>();
  let connection: { readonly stream: SessionStream; close(): void } | undefined;
  let nextId = 1;

  const lose = (error: Error | undefined): void => {
    connection?.close();
    connection = undefined;
    const lost = Object.assign(new Error(`the session with ${address} ended: ${error?.message ?? 'by the server'}`), {
      code: 'ECONNRESET',
    });
    const all = [...waiting.values()];
    waiting.clear();
    for (const { reject } of all) reject(lost);
  };
  const open = (): SessionStream => {
    const client = new (loadProto().Api)(address, credentials, options);
    const stream = client.Session?.() as unknown as SessionStream;
    connection = { stream, close: () => client.close() };
    stream.on('data', (message) => answer(waiting, message));
    stream.on('error', lose);
    stream.on('end', lose);
    return stream;
  };
  const request = (body: SessionRequestBody): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      if (waiting.size >= MOST_IN_FLIGHT) throw new RangeError(`more than ${MOST_IN_FLIGHT} requests are in flight`);
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      (connection?.stream ?? open()).write({ id, ...body });
    });
  return {
    send: ({ method, path, body = '' }: RestRequest) => {
      if (method !== 'POST') throw new RangeError(`a session of the bench does not take ${method} ${path}`);
      const object = Buffer.from(body);
      return request({
        create: { target: targetOf(path), object, dryRun: false, fieldManager: 'bench', traceparent: '' },
      });
    },
    async delete(path) {
      await request({ delete: { target: targetOf(path), options: DELETE_NOW, traceparent: '' } });
    },
    close() {
      connection?.stream.end();
      lose(undefined);
    },
  };
}

function answer(waiting: Map<number, Waiting>, message: SessionResponseMessage): void {
  const request = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.response === 'failure') {
    const text = message.failure.status.toString();
    const { code = 500 } = JSON.parse(text) as { code?: number };
    request?.reject(new RestError(code, text.slice(0, 300)));
  } else request?.resolve(message.response === 'object' ? message.object.object : Buffer.alloc(0));
}

function targetOf(path: string): TargetMessage {
  const [, group = '', version = '', namespace = '', resource = '', name = ''] =
    PATH.exec(path.replace(STRICT, '')) ?? [];
  if (resource === '') throw new RangeError(`${path} is not the path of an object or a list`);
  return { group, version, resource, namespace, name, subresource: '' };
}
