import { ApiError, type Persisted, type Pod } from '@kubelab/api';
import { formatTraceparent } from '@kubelab/runtime';
import { KubeletDuplex } from './kubelet/kubelet-call.js';
import type { ChunkMessage, NodeClient, PortForwardRequestMessage } from './kubelet/messages.js';
import type { StreamRequest } from './stream-handlers.js';
import { targetOf } from './target-container.js';

/** One connection of a client to a port of a pod, whatever protocol carries it. */
export interface ForwardedConnection {
  readonly port: number;
  /** What the client sends, until it closes its side. */
  readonly input: AsyncIterable<Buffer>;
  /** Resolves once more may be written. */
  write(data: Buffer): Promise<void>;
  /** Tells why it could not be. */
  fail(why: string): Promise<void>;
  /** The pod's side has ended. */
  end(): Promise<void>;
}

/** Opens connections to ports of one pod, each a call to its kubelet. */
export type PortForwarder = (connection: ForwardedConnection) => Promise<void>;

/** A kubelet takes messages of up to 4 MiB. */
const MAX_DATA_BYTES = 256 * 1024;

export function createPortForwarder(
  { pod, trace }: StreamRequest,
  client: NodeClient,
  signal: AbortSignal,
): PortForwarder {
  const traceparent = trace ? formatTraceparent(trace) : '';
  return async (connection) => {
    const call = new KubeletDuplex<PortForwardRequestMessage, ChunkMessage>(client.portForward(), signal);
    try {
      await call.send({ start: { target: targetOf(pod, ''), port: connection.port, traceparent } });
      // A client that breaks off breaks the connection.
      const input = sendInput(call, connection.input).catch(() => call.cancel());
      for await (const { data } of call.messages()) await connection.write(data);
      await connection.end();
      await input;
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError)) throw error;
      await connection.fail(describeFailure(pod, connection.port, error));
    } finally {
      call.cancel();
    }
  };
}

async function sendInput(
  call: KubeletDuplex<PortForwardRequestMessage, ChunkMessage>,
  input: AsyncIterable<Buffer>,
): Promise<void> {
  for await (const chunk of input) {
    for (let start = 0; start < chunk.length; start += MAX_DATA_BYTES) {
      await call.send({ data: chunk.subarray(start, start + MAX_DATA_BYTES) });
    }
  }
  call.end();
}

function describeFailure({ metadata }: Persisted<Pod>, port: number, error: ApiError): string {
  return `error forwarding port ${port} to pod ${metadata.name}, uid ${metadata.uid}: ${error.message}`;
}
