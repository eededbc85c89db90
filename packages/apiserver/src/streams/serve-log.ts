import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { formatTraceparent } from '@kubelab/runtime';
import { KubeletCall } from './kubelet/kubelet-call.js';
import type { KubeletConnections } from './kubelet/kubelet-connections.js';
import type { ChunkMessage } from './kubelet/messages.js';
import { readLogOptions } from './log-options.js';
import type { StreamRequest } from './stream-handlers.js';
import { chooseContainer, targetOf } from './target-container.js';

/** Where a log goes. */
export interface LogSink {
  /** Called once the kubelet has agreed. */
  begin(): Promise<void> | void;
  /** Resolves once more may be written. */
  write(data: Buffer): Promise<void>;
}

/**
 * Carries a container's log from its kubelet until it ends or the client goes.
 * A pod that is on no node has an empty one.
 * @throws ApiError for bad parameters, and what the kubelet answers
 */
export async function carryLog(
  { pod, query, trace }: StreamRequest,
  kubelets: KubeletConnections,
  sink: LogSink,
  signal: AbortSignal,
): Promise<void> {
  const options = readLogOptions(query, pod.metadata.name);
  const target = targetOf(pod, chooseContainer(pod, query.get('container')));
  const { nodeName } = pod.spec ?? {};
  if (!nodeName) return await sink.begin();
  const connection = await kubelets.connect(nodeName, signal);
  try {
    const traceparent = trace ? formatTraceparent(trace) : '';
    const call = new KubeletCall<ChunkMessage>(connection.client.logs({ target, ...options, traceparent }), signal);
    await call.opened();
    await sink.begin();
    for await (const { data } of call.messages()) await sink.write(data);
  } finally {
    connection.release();
  }
}

/** Plain text over HTTP, each piece sent on as it comes. */
export async function serveLog(
  request: StreamRequest,
  kubelets: KubeletConnections,
  response: ServerResponse,
  stopping: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([request.signal, stopping]);
  const sink: LogSink = {
    begin() {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
      response.flushHeaders();
    },
    async write(data) {
      if (!response.write(data)) await once(response, 'drain', { signal });
    },
  };
  try {
    await carryLog(request, kubelets, sink, signal);
  } catch (error) {
    // The client left, or whoever follows is to ask another server.
    if (!signal.aborted || !response.headersSent) throw error;
  }
  const { socket } = response;
  // A connection kept alive would hold up a server that stops.
  response.end(() => {
    if (stopping.aborted) socket?.end();
  });
}
