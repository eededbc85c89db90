import type { Duplex } from 'node:stream';
import type { ForwardedConnection, PortForwarder } from '../port-forward.js';
import { endFully, writeFully } from '../write-fully.js';
import { SpdySession } from './spdy-session.js';
import type { SpdyStream } from './spdy-stream.js';

export const PORT_FORWARD_PROTOCOLS = ['portforward.k8s.io'] as const;

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  timer: NodeJS.Timeout;
}

/** Two streams a connection. */
const MAX_STREAMS = 1_000;
/** As Kubernetes waits for the second stream of a pair. */
const PAIR_LIMIT_MS = 30_000;
/** How long a client may take to close a connection whose other side has ended. */
const LINGER_MS = 10_000;

/**
 * Connections to a pod over one SPDY connection, each a pair of streams, for
 * data and for what went wrong, with the same `requestID`. Lasts until the
 * client hangs up or `signal` aborts.
 */
export async function spdyPortForward(socket: Duplex, forward: PortForwarder, signal: AbortSignal): Promise<void> {
  const pairs = new Map<string, Pair>();
  const running = new Set<Promise<void>>();

  function onStream(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype');
    const port = Number(stream.headers.get('port'));
    const isPort = Number.isInteger(port) && port >= 1 && port <= 65_535;
    if (!isPort || (type !== 'data' && type !== 'error')) return void stream.destroy();
    const id = requestIdOf(stream, type);
    const pair = pairs.get(id) ?? { timer: setTimeout(abandon, PAIR_LIMIT_MS, id).unref() };
    if (pair[type]) return void stream.destroy();
    pair[type] = stream;
    pairs.set(id, pair);
    if (pair.data && pair.error) start(id, port, pair.data, pair.error);
  }

  function abandon(id: string): void {
    const pair = pairs.get(id);
    pairs.delete(id);
    clearTimeout(pair?.timer);
    pair?.data?.destroy();
    pair?.error?.destroy();
  }

  function start(id: string, port: number, data: SpdyStream, error: SpdyStream): void {
    clearTimeout(pairs.get(id)?.timer);
    pairs.delete(id);
    const work = forwardOne(port, data, error, forward).catch(() => {
      data.destroy();
      error.destroy();
    });
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  const session = new SpdySession(socket, { role: 'server', maxStreams: MAX_STREAMS, onStream });
  const stop = () => void session.close();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  await session.closed;
  signal.removeEventListener('abort', stop);
  for (const id of [...pairs.keys()]) abandon(id);
  await Promise.all(running);
}

/** Clients of before `requestID` open the error stream just before the one for data. */
function requestIdOf(stream: SpdyStream, type: 'data' | 'error'): string {
  return stream.headers.get('requestid') ?? `stream ${type === 'error' ? stream.id : stream.id - 2}`;
}

async function forwardOne(port: number, data: SpdyStream, error: SpdyStream, forward: PortForwarder): Promise<void> {
  // Nothing is sent on it; its end is.
  error.resume();
  const connection: ForwardedConnection = {
    port,
    // A plain iteration would destroy the stream at the end of its input.
    input: data.iterator({ destroyOnReturn: false }),
    write: (chunk) => writeFully(data, chunk),
    fail: (why) => writeFully(error, Buffer.from(why)),
    async end() {
      // The client waits for the end of both before it closes its side.
      await Promise.all([endFully(error), endFully(data)]);
    },
  };
  lingerOnce(data);
  lingerOnce(error);
  await forward(connection);
  await connection.end();
  data.resume();
}

/** Once our side has ended, the client's must before long. */
function lingerOnce(stream: SpdyStream): void {
  stream.once('finish', () => {
    const timer = setTimeout(() => stream.destroy(), LINGER_MS);
    stream.once('close', () => clearTimeout(timer));
  });
}
