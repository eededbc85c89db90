import type { Duplex } from 'node:stream';
import type { Status } from '@kubelab/api';
import type { ExecStartMessage } from '../kubelet/messages.js';
import { encodeStatus } from '../remote-command-status.js';
import type { RemoteCommandStreams } from '../run-remote-command.js';
import { settledWithin } from '../settled-within.js';
import { endFully, writeFully } from '../write-fully.js';
import { SpdySession } from './spdy-session.js';
import type { SpdyStream } from './spdy-stream.js';

/** Since v3 there are terminals' sizes, since v4 the status is JSON. */
export const REMOTE_COMMAND_PROTOCOLS = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;

type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

/** As Kubernetes waits for the streams to be opened. */
const STREAMS_LIMIT_MS = 30_000;
/** The client hangs up by itself once it has read everything. */
const HANG_UP_LIMIT_MS = 2_000;

/** An exec or attach over one SPDY connection with a stream each. Rejects when the client does not open them all. */
export async function spdyRemoteCommand(
  socket: Duplex,
  protocol: string,
  { stdin, stdout, stderr, tty }: ExecStartMessage,
): Promise<RemoteCommandStreams> {
  const canResize = protocol.startsWith('v4') || protocol.startsWith('v3');
  const expected: StreamType[] = ['error'];
  if (stdin) expected.push('stdin');
  if (stdout) expected.push('stdout');
  if (stderr) expected.push('stderr');
  if (tty && canResize) expected.push('resize');
  const { session, streams } = await openStreams(socket, expected);
  const outputs = [streams.get('stdout'), streams.get('stderr'), streams.get('error')];
  return {
    stdin: streams.get('stdin'),
    resizes: streams.get('resize'),
    async write(name, data) {
      const stream = streams.get(name);
      // One that the client has reset is not wanted; the others still are.
      if (stream && !stream.destroyed) await writeFully(stream, data).catch(() => undefined);
    },
    async finish(status: Status) {
      const text = encodeStatus(status, !protocol.startsWith('v4'));
      const error = streams.get('error');
      if (error && text.length > 0) await writeFully(error, text).catch(() => undefined);
      await Promise.all(outputs.map((stream) => stream && endFully(stream)));
      await settledWithin(session.closed, HANG_UP_LIMIT_MS);
      await session.close();
    },
    close: () => session.close(),
  };
}

async function openStreams(
  socket: Duplex,
  expected: readonly StreamType[],
): Promise<{ session: SpdySession; streams: ReadonlyMap<string, SpdyStream> }> {
  const streams = new Map<string, SpdyStream>();
  let complete: (() => void) | undefined;
  const all = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const session = new SpdySession(socket, {
    role: 'server',
    maxStreams: expected.length,
    onStream(stream) {
      const type = stream.headers.get('streamtype') ?? '';
      if (streams.has(type) || !(expected as readonly string[]).includes(type)) return stream.destroy();
      streams.set(type, stream);
      if (streams.size === expected.length) complete?.();
    },
  });
  await settledWithin(Promise.race([all, session.closed]), STREAMS_LIMIT_MS);
  if (streams.size === expected.length) return { session, streams };
  const missing = expected.filter((type) => !streams.has(type));
  await session.close();
  throw new Error(`the client has not opened its streams: ${missing.join(', ')}`);
}
