import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '@kubelab/api';
import type { WebSocket } from 'ws';
import type { ExecStartMessage } from '../kubelet/messages.js';
import { encodeStatus } from '../remote-command-status.js';
import type { RemoteCommandStreams } from '../run-remote-command.js';
import { encodingOf } from './channel-encoding.js';
import { ChannelSocket } from './channel-socket.js';

/** By preference only the client has one. v5 is v4 with half-closes; without a version the status is plain text. */
export const REMOTE_COMMAND_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  '',
];

/** RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;

/**
 * After the handshake with a client of v5: Go's, up to 1.33, reads before it has
 * made its streams, and throws away what comes for one that it does not have yet
 * (kubernetes/kubernetes#131189). Kubernetes takes longer than this to begin.
 */
const CLIENT_READY_MS = 40;

/** An exec or attach over the channels of a WebSocket. Rejects when the signal aborts. */
export async function webSocketRemoteCommand(
  webSocket: WebSocket,
  { stdin, stdout, stderr, tty }: ExecStartMessage,
  signal: AbortSignal,
): Promise<RemoteCommandStreams> {
  const { protocol } = webSocket;
  const incoming = [...(stdin ? [STDIN] : []), ...(tty ? [RESIZE] : [])];
  const canClose = protocol.startsWith('v5.');
  const socket = new ChannelSocket(webSocket, { encoding: encodingOf(protocol), incoming, canClose });
  if (canClose) await delay(CLIENT_READY_MS, undefined, { signal });
  // An empty message says that the connection stands.
  await socket.send(stdout ? STDOUT : stderr ? STDERR : ERROR, Buffer.alloc(0));
  return {
    stdin: socket.incoming(STDIN),
    resizes: socket.incoming(RESIZE),
    write: (stream, data) => socket.send(stream === 'stdout' ? STDOUT : STDERR, data),
    async finish(status: Status) {
      await socket.send(ERROR, encodeStatus(status, !/^v[45]\./.test(protocol)));
      await socket.close();
    },
    close: () => socket.close(GOING_AWAY),
  };
}
