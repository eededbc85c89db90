import { once } from 'node:events';
import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { SessionRequestMessage, SessionResponseMessage, WatchEventMessage, WatchMessage } from '@kubelab/runtime';
import { unauthorized, userOfCertificate } from '../authn/client-certificate.js';
import type { User } from '../authn/user.js';
import { authorize } from '../authz/authorize.js';
import type { Authorizer } from '../authz/authorizer.js';
import { LazyAbortController } from '../lazy-abort-controller.js';
import { toApiError } from '../registry/to-api-error.js';
import type { SpanRing } from '../trace/ring.js';
import type { Performer, UnaryMessages } from './perform.js';
import { type SessionOptions, serveSession } from './session.js';
import { serviceError } from './status.js';
import { findTrace, type GetTraceMessage } from './trace-methods.js';
import { sendWatch } from './watch-messages.js';

export interface ApiServiceOptions extends SessionOptions {
  readonly performer: Performer;
  readonly ring: SpanRing;
  readonly authorizer: Authorizer;
}

interface AnyCall {
  getAuthContext(): { sslPeerCertificate?: Parameters<typeof userOfCertificate>[0] };
}

/** kubelab.v1.Api, as grpc-js takes it. */
export function apiService(options: ApiServiceOptions): UntypedServiceImplementation {
  const { performer, onError } = options;

  function unary<K extends keyof UnaryMessages>(kind: K) {
    return (call: ServerUnaryCall<UnaryMessages[K], unknown>, callback: sendUnaryData<{ object: Buffer }>): void => {
      const end = new LazyAbortController();
      call.on('cancelled', () => end.abort());
      const work = async () => performer.unary(kind, call.request, { user: userOf(call), end, peer: call.getPeer() });
      work().then(
        (object) => callback(null, { object }),
        (error: unknown) => callback(report(error)),
      );
    };
  }

  function report(thrown: unknown) {
    const error = toApiError(thrown);
    if (error.code >= 500) onError(thrown);
    return serviceError(error);
  }

  async function watch(call: ServerWritableStream<WatchMessage, WatchEventMessage>): Promise<void> {
    const end = new AbortController();
    const stop = () => end.abort();
    call.on('cancelled', stop);
    call.on('close', stop);
    options.stopping.addEventListener('abort', stop, { once: true });
    try {
      const watched = await performer.watch(call.request, { user: userOf(call), end, peer: call.getPeer() });
      await sendWatch(call.request, watched, end, (message) => {
        if (call.destroyed || call.write(message)) return undefined;
        return once(call, 'drain', { signal: end.signal }).then(
          () => {},
          () => {},
        );
      });
      call.end();
    } catch (error) {
      call.destroy(Object.assign(new Error('watch failed'), report(error)));
    } finally {
      options.stopping.removeEventListener('abort', stop);
    }
  }

  return {
    get: unary('get'),
    list: unary('list'),
    create: unary('create'),
    update: unary('update'),
    patch: unary('patch'),
    delete: unary('delete'),
    deleteCollection: unary('deleteCollection'),
    watch: (call: ServerWritableStream<WatchMessage, WatchEventMessage>) => {
      watch(call).catch(onError);
    },
    session(call: ServerDuplexStream<SessionRequestMessage, SessionResponseMessage>) {
      try {
        serveSession(call, userOf(call), options);
      } catch (error) {
        call.destroy(Object.assign(new Error('session refused'), report(error)));
      }
    },
    getTrace(call: ServerUnaryCall<GetTraceMessage, unknown>, callback: sendUnaryData<unknown>) {
      const work = async () => {
        const path = '/kubelab.v1.Api/GetTrace';
        const noResource = { resource: undefined, subresource: '', namespace: '', name: '', path };
        await authorize(options.authorizer, { user: userOf(call), verb: 'get', ...noResource });
        return findTrace(options.ring, call.request);
      };
      work().then(
        (trace) => callback(null, trace),
        (error: unknown) => callback(report(error)),
      );
    },
  };
}

/** @throws ApiError Unauthorized; the handshake has checked the certificate itself. */
function userOf(call: object): User {
  const certificate = (call as AnyCall).getAuthContext().sslPeerCertificate;
  if (certificate === undefined) throw unauthorized('no client certificate');
  return userOfCertificate(certificate);
}
