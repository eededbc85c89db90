import {
  ApiError,
  type KubernetesObject,
  type ObjectKey,
  type ObjectList,
  type Persisted,
  type ResourceType,
} from '@kubelab/api';
import {
  type Clock,
  formatTraceparent,
  type ReportingTracer,
  type SessionRequestBody,
  type SpanSink,
  systemClock,
  type TargetMessage,
  type TlsMaterial,
} from '@kubelab/runtime';
import type { Logger } from 'pino';
import type {
  ApiClient,
  CallOptions,
  DeleteOptions,
  ListOptions,
  PatchType,
  WatchOptions,
  WriteOptions,
} from './api-client.js';
import { createSession, type Session } from './session.js';
import { openWatch } from './watch-stream.js';

export interface ApiClientOptions {
  /** HOST:PORT of the apiservers' gRPC; tried in turn. */
  readonly addresses: readonly string[];
  readonly tls: TlsMaterial;
  /** Names the client in the server's log. */
  readonly component: string;
  /** Whom managedFields name as the writer of what it writes. Default: the component. */
  readonly fieldManager?: string;
  readonly log: Logger;
  /** Its finished spans are reported through this client. */
  readonly tracer?: ReportingTracer;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface SessionApiClient extends ApiClient {
  /** Hands spans to the apiserver's ring. */
  readonly spanSink: SpanSink;
  /** Whether there is a connection now. */
  readonly connected: boolean;
}

const DEFAULT_TIMEOUT_MS = 30_000;

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** A client over one Session stream. It connects with the first call; building it opens nothing. */
export function createApiClient(options: ApiClientOptions): SessionApiClient {
  const { addresses, tls, component, fieldManager = component, log, tracer, clock = systemClock } = options;
  if (addresses.length === 0) throw new RangeError('an API client needs an address');
  const session = createSession({ addresses, tls, component, log, clock });
  tracer?.setSink(session.report);
  const call = <R>(body: SessionRequestBody, callOptions: CallOptions | undefined): Promise<R> =>
    callOnce(session, clock, body, callOptions) as Promise<R>;

  const write = <T extends KubernetesObject>(object: T, writeOptions: WriteOptions | undefined) => ({
    object: encode(object),
    dryRun: writeOptions?.dryRun ?? false,
    fieldManager: writeOptions?.fieldManager ?? fieldManager,
    traceparent: traceparent(writeOptions),
  });
  const update = <T extends KubernetesObject>(
    resource: ResourceType<T>,
    object: T,
    subresource: string,
    writeOptions: WriteOptions | undefined,
  ) =>
    call<Persisted<T>>(
      { update: { target: target(resource, keyIn(object), subresource), ...write(object, writeOptions) } },
      writeOptions,
    );

  return {
    spanSink: session.report,
    get connected() {
      return session.connected;
    },
    get: (resource, key, getOptions) =>
      call(
        {
          get: {
            target: target(resource, key, getOptions?.subresource),
            resourceVersion: '',
            traceparent: traceparent(getOptions),
          },
        },
        getOptions,
      ),
    list: <T extends KubernetesObject>(resource: ResourceType<T>, listOptions: ListOptions = {}) =>
      call<ObjectList<T>>({ list: listMessage(resource, listOptions) }, listOptions),
    watch: (resource, watchOptions) => openWatch(session, watchMessage(resource, watchOptions), watchOptions.signal),
    create: (resource, object, writeOptions) => {
      const { namespace, name } = keyIn(object);
      const subresource = writeOptions?.subresource ?? '';
      const key = { namespace, name: subresource === '' ? '' : name };
      return call(
        { create: { target: target(resource, key, subresource), ...write(object, writeOptions) } },
        writeOptions,
      );
    },
    createSubresource: (resource, key, subresource, object, callOptions) =>
      call({ create: { target: target(resource, key, subresource), ...write(object, callOptions) } }, callOptions),
    update: (resource, object, writeOptions) => update(resource, object, writeOptions?.subresource ?? '', writeOptions),
    updateStatus: (resource, object, writeOptions) => update(resource, object, 'status', writeOptions),
    patch: (resource, key, type, patch, writeOptions) => {
      const { object, ...rest } = write(patch as KubernetesObject, writeOptions);
      return call(
        {
          patch: {
            target: target(resource, key, writeOptions?.subresource),
            patch: object,
            patchType: PATCH_TYPES[type],
            force: false,
            ...rest,
          },
        },
        writeOptions,
      );
    },
    delete: async (resource, key, deleteOptions) => {
      await call(
        {
          delete: {
            target: target(resource, key),
            options: encodeDeleteOptions(deleteOptions),
            traceparent: traceparent(deleteOptions),
          },
        },
        deleteOptions,
      );
    },
    close: () => {
      tracer?.flush();
      tracer?.setSink(undefined);
      session.close();
      return Promise.resolve();
    },
  };
}

/** One request, one answer. An aborted call rejects with the signal's reason. */
function callOnce(
  session: Session,
  clock: Clock,
  body: SessionRequestBody,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    let settled = false;
    const settle = () => {
      settled = true;
      cancelTimeout();
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = () => {
      settle();
      request.cancel();
      reject(signal?.reason);
    };
    const giveUp = () => {
      if (settled) return;
      settle();
      request.cancel();
      reject(new ApiError('Timeout', `the apiserver did not answer within ${timeoutMs} ms`));
    };
    // After a long turn of this process timers come before what has been received: an answer that is there counts.
    const cancelTimeout = clock.setTimeout(() => setImmediate(giveUp), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    const request = session.start(body, {
      received: (message) => {
        settle();
        try {
          resolve(message.response === 'object' ? decode(message.object.object) : undefined);
        } catch (error) {
          reject(error);
        }
      },
      failed: (error) => {
        settle();
        reject(error);
      },
    });
  });
}

function decode(encoded: Buffer): unknown {
  try {
    return JSON.parse(encoded.toString('utf8'));
  } catch (cause) {
    throw new ApiError('InternalError', 'the apiserver sent an object that is not JSON', { cause });
  }
}

function encode(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function keyIn(object: KubernetesObject): ObjectKey {
  return { namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' };
}

function target(
  { group, version, plural }: Pick<ResourceType, 'group' | 'version' | 'plural'>,
  { namespace, name }: ObjectKey,
  subresource = '',
): TargetMessage {
  return { group, version, resource: plural, namespace, name, subresource };
}

function traceparent(options: CallOptions | undefined): string {
  return options?.trace ? formatTraceparent(options.trace) : '';
}

function listMessage(resource: Pick<ResourceType, 'group' | 'version' | 'plural'>, options: ListOptions) {
  return {
    target: target(resource, { namespace: options.namespace ?? '', name: '' }),
    labelSelector: options.labelSelector ?? '',
    fieldSelector: options.fieldSelector ?? '',
    limit: options.limit ?? 0,
    continueToken: options.continueToken ?? '',
    resourceVersion: options.resourceVersion ?? '',
    resourceVersionMatch: options.resourceVersionMatch ?? '',
    traceparent: traceparent(options),
    omitManagedFields: options.omitManagedFields ?? false,
  };
}

function watchMessage(resource: Pick<ResourceType, 'group' | 'version' | 'plural'>, options: WatchOptions) {
  return {
    target: target(resource, { namespace: options.namespace ?? '', name: '' }),
    labelSelector: options.labelSelector ?? '',
    fieldSelector: options.fieldSelector ?? '',
    resourceVersion: options.resourceVersion ?? '',
    allowBookmarks: options.allowBookmarks ?? false,
    sendInitialEvents: options.sendInitialEvents ?? false,
    timeoutSeconds: 0,
    traceparent: traceparent(options),
    omitManagedFields: options.omitManagedFields ?? false,
  };
}

function encodeDeleteOptions(options: DeleteOptions | undefined): Buffer {
  if (!options) return Buffer.alloc(0);
  const { gracePeriodSeconds, propagationPolicy, preconditions } = options;
  return encode({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds, propagationPolicy, preconditions });
}
