import {
  type ChannelCredentials,
  type ChannelOptions,
  type ClientDuplexStream,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { ApiError } from '@kubelab/api';
import {
  loadProto,
  MessagePacker,
  PACKING,
  type Packed,
  type SessionRequestBody,
  type SessionResponseMessage,
} from '@kubelab/runtime';

type SessionRequest = { readonly id: number } & SessionRequestBody;

interface SessionStreamOptions {
  /** HOST:PORT */
  readonly address: string;
  /** How to reach it. */
  readonly channel: { readonly credentials: ChannelCredentials; readonly options: ChannelOptions };
  /** Names the component in the server's log. */
  readonly userAgent: string;
  /** How long connecting may take. */
  readonly connectTimeoutMs: number;
  readonly onConnected: () => void;
  readonly onMessage: (message: SessionResponseMessage) => void;
  /** Called once, whatever the end was; nothing follows it. */
  readonly onEnd: (error: ApiError) => void;
}

/** One Session stream on a connection of its own. What is sent before it is connected waits for that. */
export interface SessionStream {
  send(request: SessionRequest): void;
  close(): void;
}

/** A list of everything may be large; it comes from a server that has proven who it is. */
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;

const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  // HTTP/2's 64 KiB would let a large list crawl.
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  // Reconnecting and retrying are decided above; a fresh stream starts with no back-off of an old one.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // The cluster's own addresses never go through a web proxy.
  'grpc.enable_http_proxy': 0,
};

type SessionClient = InstanceType<ReturnType<typeof loadProto>['Api']> & {
  Session(
    metadata: Metadata,
  ): ClientDuplexStream<SessionRequest | { packed: readonly SessionRequest[] }, Packed<SessionResponseMessage>>;
};

export function openSessionStream(options: SessionStreamOptions): SessionStream {
  const { address, channel } = options;
  const client = new (loadProto().Api)(address, channel.credentials, {
    ...CHANNEL_OPTIONS,
    ...channel.options,
    'grpc.primary_user_agent': options.userAgent,
  }) as SessionClient;
  const metadata = new Metadata();
  metadata.set(PACKING.key, PACKING.value);
  const stream = client.Session(metadata);
  let ended = false;
  let packs = false;
  const packer = new MessagePacker<SessionRequest>({
    write: (messages) => {
      if (!ended) stream.write(messages.length === 1 && messages[0] ? messages[0] : { packed: messages });
    },
    sizeOf: sizeOfRequest,
  });
  stream.on('metadata', (answered: Metadata) => {
    packs = answered.get(PACKING.key)[0] === PACKING.value;
  });

  const end = (error: ApiError) => {
    if (ended) return;
    ended = true;
    stream.cancel();
    client.close();
    options.onEnd(error);
  };
  client.waitForReady(Date.now() + options.connectTimeoutMs, (error) => {
    if (ended) return;
    if (error) end(unavailable(address, `no connection within ${options.connectTimeoutMs} ms`));
    else options.onConnected();
  });
  const receive = (message: SessionResponseMessage): void => {
    if (!ended) options.onMessage(message);
  };
  stream.on('data', (message: Packed<SessionResponseMessage>) => {
    if (message.packed?.length) message.packed.forEach(receive);
    else receive(message);
  });
  stream.on('error', (error: ServiceError) => end(toApiError(address, error)));
  stream.on('end', () => end(unavailable(address, 'the server ended the session')));
  return {
    send: (request) => {
      if (packs) packer.add(request);
      else if (!ended) stream.write(request);
    },
    close: () => end(new ApiError('ServiceUnavailable', 'the client is closed')),
  };
}

function sizeOfRequest(request: SessionRequest): number {
  if ('create' in request) return request.create.object.length;
  if ('update' in request) return request.update.object.length;
  return 'patch' in request ? request.patch.patch.length : 0;
}

function toApiError(address: string, error: ServiceError): ApiError {
  const reason =
    error.code === status.UNAUTHENTICATED
      ? 'Unauthorized'
      : error.code === status.PERMISSION_DENIED
        ? 'Forbidden'
        : 'ServiceUnavailable';
  return new ApiError(reason, `the session with the apiserver at ${address} is lost: ${error.details}`, {
    cause: error,
  });
}

function unavailable(address: string, why: string): ApiError {
  return new ApiError('ServiceUnavailable', `the session with the apiserver at ${address} is lost: ${why}`);
}
