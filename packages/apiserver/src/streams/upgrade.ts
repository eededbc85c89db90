import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { KubeletConnections } from './kubelet/kubelet-connections.js';
import type { NodeClient } from './kubelet/messages.js';
import type { StreamRequest } from './stream-handlers.js';
import { nodeNameOf } from './target-container.js';

/** A client that wants another protocol than HTTP, on its socket. */
export interface Upgrade {
  readonly request: StreamRequest;
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  /** What has been read of it already. */
  readonly head: Buffer;
  /** Aborts when the client is gone or the server stops. */
  readonly signal: AbortSignal;
}

export interface UpgradeDependencies {
  readonly kubelets: KubeletConnections;
  readonly log: Logger;
}

/** Works with the kubelet of the pod's node. @throws ApiError where there is none, or it cannot be reached */
export async function withKubelet(
  { request, signal }: Upgrade,
  { kubelets }: UpgradeDependencies,
  work: (client: NodeClient) => Promise<void>,
): Promise<void> {
  const connection = await kubelets.connect(nodeNameOf(request.pod), signal);
  try {
    await work(connection.client);
  } finally {
    connection.release();
  }
}

/**
 * From the handshake on nothing may be answered in HTTP any more: a failure is
 * for the log, and cuts the connection.
 */
export async function afterHandshake(
  { request, socket, signal }: Upgrade,
  { log }: UpgradeDependencies,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { subresource, pod } = request;
    if (!signal.aborted) log.warn({ error, subresource, pod: pod.metadata.name }, 'a stream was cut');
    socket.destroy();
  }
}
