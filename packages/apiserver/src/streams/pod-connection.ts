import { Duplex } from 'node:stream';
import type { Persisted, Pod } from '@kubelab/api';
import { formatTraceparent, type TraceContext } from '@kubelab/runtime';
import { KubeletDuplex } from './kubelet/kubelet-call.js';
import type { KubeletConnections } from './kubelet/kubelet-connections.js';
import type { ChunkMessage, PortForwardRequestMessage } from './kubelet/messages.js';
import { nodeNameOf, targetOf } from './target-container.js';

/** A port of a pod that is to be connected to. */
export interface PodPort {
  readonly pod: Persisted<Pod>;
  readonly port: number;
  readonly trace: TraceContext | undefined;
  /** Aborting it breaks the connection. */
  readonly signal: AbortSignal;
}

type PortForwardCall = KubeletDuplex<PortForwardRequestMessage, ChunkMessage>;

/** A kubelet takes messages of up to 4 MiB. */
const MAX_DATA_BYTES = 256 * 1024;

/**
 * A connection to a port of a pod through its kubelet: the server need not have
 * a way to the pod network of its own.
 * @throws ApiError where the node, its kubelet or the pod cannot be reached
 */
export async function connectPod(kubelets: KubeletConnections, { pod, port, trace, signal }: PodPort): Promise<Duplex> {
  const { client, release } = await kubelets.connect(nodeNameOf(pod), signal);
  const call: PortForwardCall = new KubeletDuplex(client.portForward(), signal);
  try {
    const traceparent = trace ? formatTraceparent(trace) : '';
    await call.send({ start: { target: targetOf(pod, ''), port, traceparent } });
    await call.opened();
  } catch (error) {
    call.cancel();
    release();
    throw error;
  }
  return new PodConnection(call, release);
}

/** The call as a stream of bytes. What the kubelet tells of a failure is what it is destroyed with. */
class PodConnection extends Duplex {
  readonly #call: PortForwardCall;
  readonly #messages: AsyncIterator<ChunkMessage>;
  readonly #release: () => void;

  constructor(call: PortForwardCall, release: () => void) {
    super({ allowHalfOpen: true });
    this.#call = call;
    this.#messages = call.messages();
    this.#release = release;
  }

  override _read(): void {
    this.#messages.next().then(
      ({ done, value }) => this.push(done ? null : value.data),
      (error: Error) => this.destroy(error),
    );
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#send(chunk).then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.#call.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#call.cancel();
    this.#release();
    done(error);
  }

  async #send(chunk: Buffer): Promise<void> {
    for (let start = 0; start < chunk.length; start += MAX_DATA_BYTES) {
      await this.#call.send({ data: chunk.subarray(start, start + MAX_DATA_BYTES) });
    }
  }
}
