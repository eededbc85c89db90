import { ApiError } from '@kubelab/api';
import type { WebSocket } from 'ws';
import type { ForwardedConnection, PortForwarder } from '../port-forward.js';
import { encodingOf } from './channel-encoding.js';
import { ChannelSocket } from './channel-socket.js';

export const PORT_FORWARD_PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', ''];

/** A channel's number is one byte, and 255 is taken. */
const MAX_PORTS = 127;

/** The `ports` of a query, each a list. @throws ApiError BadRequest */
export function readPorts(query: URLSearchParams): number[] {
  const ports = query
    .getAll('ports')
    .flatMap((list) => list.split(','))
    .map(parsePort);
  if (ports.length === 0) throw new ApiError('BadRequest', 'query parameter "ports" is required');
  if (ports.length > MAX_PORTS) throw new ApiError('BadRequest', `at most ${MAX_PORTS} ports can be forwarded at once`);
  return ports;
}

/**
 * The protocol before the tunnels: two channels a port, for data and for what
 * went wrong, each beginning with the port's number. It ends with its connections.
 */
export async function webSocketPortForward(
  webSocket: WebSocket,
  ports: readonly number[],
  forward: PortForwarder,
): Promise<void> {
  const socket = new ChannelSocket(webSocket, {
    encoding: encodingOf(webSocket.protocol),
    incoming: ports.map((_, index) => index * 2),
    canClose: false,
  });
  try {
    await Promise.all(ports.map((port, index) => forwardOne(socket, port, index * 2, forward)));
  } finally {
    await socket.close();
  }
}

async function forwardOne(socket: ChannelSocket, port: number, channel: number, forward: PortForwarder) {
  const number = Buffer.alloc(2);
  number.writeUInt16LE(port);
  await socket.send(channel, number);
  await socket.send(channel + 1, number);
  const input = socket.incoming(channel);
  if (!input) return;
  const connection: ForwardedConnection = {
    port,
    input,
    write: (data) => socket.send(channel, data),
    fail: (why) => socket.send(channel + 1, Buffer.from(why)),
    async end() {
      // There are no half-closes: a client that still sends has nobody to send to.
      input.destroy();
    },
  };
  await forward(connection);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new ApiError('BadRequest', `unable to parse ${JSON.stringify(text)} as a port`);
}
