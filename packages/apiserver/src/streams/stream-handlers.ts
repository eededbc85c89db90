import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Persisted, Pod } from '@kubelab/api';
import type { TraceContext } from '@kubelab/runtime';
import type { User } from '../authn/user.js';
import type { PodPort } from './pod-connection.js';

export const STREAM_SUBRESOURCES = ['log', 'exec', 'attach', 'portforward'] as const;
export type StreamSubresource = (typeof STREAM_SUBRESOURCES)[number];

/** A request that is carried on to the pod's kubelet. The user is authenticated and authorized, and the pod exists. */
export interface StreamRequest {
  readonly subresource: StreamSubresource;
  readonly user: User;
  readonly pod: Persisted<Pod>;
  /** As the client sent it: `container`, `command`, `follow`, … */
  readonly query: URLSearchParams;
  readonly trace: TraceContext | undefined;
  /** Aborts when the client is gone or the server stops. */
  readonly signal: AbortSignal;
}

/**
 * What the REST face hands log, exec, attach and portforward to. A method that
 * rejects before it has answered has its error answered by the REST face as a
 * Status; afterwards the connection is cut. Both resolve once all is over.
 */
export interface StreamHandlers {
  /** A plain request: logs, or an exec without an upgrade (which is to be refused). */
  serve(request: StreamRequest, message: IncomingMessage, response: ServerResponse): Promise<void>;
  /** `Connection: Upgrade` to WebSocket or SPDY/3.1; `head` is what the client has already sent. */
  upgrade(request: StreamRequest, message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** A connection to a port of a pod, for the proxy subresource. */
  connectPod(port: PodPort): Promise<Duplex>;
  /** What a node's kubelet tells of its use: Kubernetes' stats/summary as JSON. */
  nodeStats(nodeName: string, signal: AbortSignal): Promise<Buffer>;
}
