import { connectivityState, credentials } from '@grpc/grpc-js';
import { ApiError, type Node } from '@kubelab/api';
import { loadProto, type TlsMaterial } from '@kubelab/runtime';
import { checkKubeletIdentity, type KubeletEndpoint, kubeletEndpoint } from './kubelet-endpoint.js';
import type { NodeClient } from './messages.js';

export interface KubeletConnectionsOptions {
  /** @throws ApiError NotFound */
  readonly findNode: (name: string) => Promise<Node>;
  readonly tls: TlsMaterial;
  /** Nobody is connected to once it aborts, and channels close with their last call. */
  readonly stopping: AbortSignal;
  /** How long a channel without calls is kept. Default 60,000. */
  readonly idleMs?: number;
  /** How long a kubelet may take to be connected to. Default 10,000. */
  readonly dialTimeoutMs?: number;
}

/** A channel to a node's kubelet, shared by all who use that node at the time. */
export interface KubeletConnection {
  readonly client: NodeClient;
  /** To be called once, when the calls made here are over. */
  release(): void;
}

export interface KubeletConnections {
  /** @throws ApiError where the node is unknown or its kubelet cannot be reached */
  connect(nodeName: string, signal: AbortSignal): Promise<KubeletConnection>;
  /** How many channels are open. */
  readonly size: number;
}

interface Channel {
  readonly endpoint: KubeletEndpoint;
  readonly client: NodeClient;
  users: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/** RFC 6066 lets a client name no address in its greeting; the kubelet has one certificate for any name. */
const SERVER_NAME = 'kubelet';

const CHANNEL_OPTIONS = {
  'grpc.ssl_target_name_override': SERVER_NAME,
  // A node that is gone says nothing: ask, while something is under way.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // A kubelet that was killed is back in a second.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
  // One connection a node and nothing shared with other channels of the process.
  'grpc.use_local_subchannel_pool': 1,
};

export function createKubeletConnections(options: KubeletConnectionsOptions): KubeletConnections {
  const { findNode, tls, stopping, idleMs = 60_000, dialTimeoutMs = 10_000 } = options;
  const channels = new Map<string, Channel>();

  function close(channel: Channel): void {
    clearTimeout(channel.idleTimer);
    if (channels.get(channel.endpoint.nodeName) === channel) channels.delete(channel.endpoint.nodeName);
    channel.client.close();
  }

  function release(channel: Channel): void {
    channel.users -= 1;
    if (channel.users > 0) return;
    const isCurrent = channels.get(channel.endpoint.nodeName) === channel;
    if (!isCurrent || stopping.aborted) close(channel);
    else channel.idleTimer = setTimeout(close, idleMs, channel).unref();
  }

  /** Whoever still uses it may go on; the last one closes it. */
  function retire(nodeName: string): void {
    const channel = channels.get(nodeName);
    if (!channel) return;
    channels.delete(nodeName);
    if (channel.users === 0) close(channel);
  }

  function acquire(endpoint: KubeletEndpoint): Channel {
    let channel = channels.get(endpoint.nodeName);
    if (channel && channel.endpoint.address !== endpoint.address) {
      retire(endpoint.nodeName);
      channel = undefined;
    }
    channel ??= { endpoint, client: createClient(endpoint, tls), users: 0, idleTimer: undefined };
    channels.set(endpoint.nodeName, channel);
    clearTimeout(channel.idleTimer);
    channel.users += 1;
    return channel;
  }

  async function findEndpoint(nodeName: string): Promise<KubeletEndpoint> {
    try {
      return kubeletEndpoint(await findNode(nodeName));
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'NotFound') retire(nodeName);
      throw error;
    }
  }

  stopping.addEventListener('abort', () => {
    for (const channel of [...channels.values()]) if (channel.users === 0) close(channel);
  });

  return {
    get size() {
      return channels.size;
    },
    async connect(nodeName, signal) {
      const endpoint = await findEndpoint(nodeName);
      if (stopping.aborted) throw new ApiError('ServiceUnavailable', 'the apiserver is shutting down');
      const channel = acquire(endpoint);
      let held = true;
      const releaseOnce = () => {
        if (held) release(channel);
        held = false;
      };
      try {
        await untilDialed(channel, Date.now() + dialTimeoutMs, signal);
      } catch (error) {
        releaseOnce();
        throw error;
      }
      return { client: channel.client, release: releaseOnce };
    },
  };
}

function createClient(endpoint: KubeletEndpoint, tls: TlsMaterial): NodeClient {
  const secure = credentials.createSsl(tls.ca, tls.key, tls.cert, {
    checkServerIdentity: (_, certificate) => checkKubeletIdentity(endpoint, certificate),
  });
  return new (loadProto().Node)(endpoint.address, secure, CHANNEL_OPTIONS) as unknown as NodeClient;
}

/**
 * Waits while the channel connects. A refusal ends the wait: the call itself
 * then fails at once and tells why.
 */
async function untilDialed({ client, endpoint }: Channel, deadline: number, signal: AbortSignal): Promise<void> {
  const channel = client.getChannel();
  for (;;) {
    signal.throwIfAborted();
    const state = channel.getConnectivityState(true);
    if (state !== connectivityState.IDLE && state !== connectivityState.CONNECTING) return;
    const changed = await new Promise<boolean>((resolve) => {
      channel.watchConnectivityState(state, deadline, (error) => resolve(error === undefined));
    });
    if (!changed && Date.now() >= deadline) {
      throw new ApiError('InternalError', `error dialing backend: dial tcp ${endpoint.address}: i/o timeout`);
    }
  }
}
