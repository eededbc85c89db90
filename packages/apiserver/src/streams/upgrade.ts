import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '@kubelab/api';
import type { Logger } from 'pino';
import { createWebSocketStream, type WebSocket } from 'ws';
import { KubeletDuplex } from './kubelet/kubelet-call.js';
import type { KubeletConnection, KubeletConnections } from './kubelet/kubelet-connections.js';
import type { ExecStartMessage } from './kubelet/messages.js';
import { createPortForwarder, type PortForwarder } from './port-forward.js';
import { readRemoteCommandOptions } from './remote-command-options.js';
import { type RemoteCommandCall, type RemoteCommandStreams, runRemoteCommand } from './run-remote-command.js';
import { carryLog } from './serve-log.js';
import { acceptSpdy, isSpdyRequest, negotiateStreamProtocol } from './spdy/accept-spdy.js';
import { PORT_FORWARD_PROTOCOLS as SPDY_PORT_FORWARD, spdyPortForward } from './spdy/port-forward.js';
import { spdyRemoteCommand, REMOTE_COMMAND_PROTOCOLS as SPDY_REMOTE_COMMAND } from './spdy/remote-command.js';
import type { StreamRequest } from './stream-handlers.js';
import { nodeNameOf } from './target-container.js';
import { acceptWebSocket, isWebSocketRequest, negotiateProtocol } from './websocket/accept-websocket.js';
import { webSocketLog } from './websocket/log.js';
import {
  readPorts,
  PORT_FORWARD_PROTOCOLS as WEB_SOCKET_PORT_FORWARD,
  webSocketPortForward,
} from './websocket/port-forward.js';
import {
  REMOTE_COMMAND_PROTOCOLS as WEB_SOCKET_REMOTE_COMMAND,
  webSocketRemoteCommand,
} from './websocket/remote-command.js';

/** SPDY inside of a WebSocket (KEP-4006). */
const TUNNEL_PREFIX = 'SPDY/3.1+';
const TUNNEL_PROTOCOLS = SPDY_PORT_FORWARD.map((protocol) => TUNNEL_PREFIX + protocol);

/** A client that wants another protocol than HTTP, on its socket. */
export interface UpgradeRequest {
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

/** How both kinds of upgrade go: agree on a protocol first, ask the kubelet, and only then answer. */
interface Agreement {
  /** Answers the client; from then on it is never answered with a Status. */
  accept(): Promise<void>;
}

interface RemoteCommandAgreement extends Agreement {
  streams(start: ExecStartMessage): Promise<RemoteCommandStreams>;
}

/** Carries an exec or attach until it is over. @throws ApiError before the client has been answered */
export async function upgradeRemoteCommand(upgrade: UpgradeRequest, dependencies: UpgradeDependencies): Promise<void> {
  const { request, signal } = upgrade;
  const kind = request.subresource === 'attach' ? 'attach' : 'exec';
  const agreement = agreeOnRemoteCommand(upgrade);
  const start = readRemoteCommandOptions(request);
  await withKubelet(upgrade, dependencies, async ({ client }) => {
    const call: RemoteCommandCall = new KubeletDuplex(kind === 'exec' ? client.exec() : client.attach(), signal);
    try {
      await call.send({ start });
      await call.opened();
      await agreement.accept();
      await afterAnswer(upgrade, dependencies, async () => {
        const streams = await agreement.streams(start);
        await runRemoteCommand(kind, call, streams, signal).finally(() => streams.close());
      });
    } finally {
      call.cancel();
    }
  });
}

/** Carries connections to a pod's ports until the client hangs up. @throws ApiError before it has been answered */
export async function upgradePortForward(upgrade: UpgradeRequest, dependencies: UpgradeDependencies): Promise<void> {
  const { request, message, socket, head, signal } = upgrade;
  let carry: (forward: PortForwarder) => Promise<void>;
  if (isSpdyRequest(message)) {
    const protocol = negotiateStreamProtocol(message, SPDY_PORT_FORWARD);
    carry = async (forward) => {
      acceptSpdy(socket, head, protocol);
      await spdyPortForward(socket, forward, signal);
    };
  } else {
    const protocol = negotiateProtocol(message, [...TUNNEL_PROTOCOLS, ...WEB_SOCKET_PORT_FORWARD]);
    const isTunnel = protocol.startsWith(TUNNEL_PREFIX);
    const ports = isTunnel ? [] : readPorts(request.query);
    carry = async (forward) => {
      const webSocket = await acceptWebSocket(message, socket, head, protocol, signal);
      if (isTunnel) await spdyPortForward(createWebSocketStream(webSocket), forward, signal);
      else await webSocketPortForward(webSocket, ports, forward);
    };
  }
  await withKubelet(upgrade, dependencies, ({ client }) =>
    afterAnswer(upgrade, dependencies, () => carry(createPortForwarder(request, client, signal))),
  );
}

/** Kubernetes sends logs over WebSockets too. @throws ApiError before the client has been answered */
export async function upgradeLog(upgrade: UpgradeRequest, { kubelets, log }: UpgradeDependencies): Promise<void> {
  const { request, message, socket, head, signal } = upgrade;
  const sink = webSocketLog(message, socket, head, signal);
  try {
    await carryLog(request, kubelets, sink, signal);
  } catch (error) {
    if (!sink.hasBegun) throw error;
    if (!signal.aborted) log.info({ error }, 'a log could not be carried to its end');
  }
  sink.close();
}

function agreeOnRemoteCommand({ message, socket, head, signal }: UpgradeRequest): RemoteCommandAgreement {
  if (isSpdyRequest(message)) {
    const protocol = negotiateStreamProtocol(message, SPDY_REMOTE_COMMAND);
    return {
      accept: async () => acceptSpdy(socket, head, protocol),
      streams: (start) => spdyRemoteCommand(socket, protocol, start),
    };
  }
  const protocol = negotiateProtocol(message, WEB_SOCKET_REMOTE_COMMAND);
  let webSocket: WebSocket | undefined;
  return {
    async accept() {
      webSocket = await acceptWebSocket(message, socket, head, protocol, signal);
    },
    streams: (start) => webSocketRemoteCommand(webSocket as WebSocket, start),
  };
}

async function withKubelet(
  { request, signal }: UpgradeRequest,
  { kubelets }: UpgradeDependencies,
  work: (connection: KubeletConnection) => Promise<void>,
): Promise<void> {
  const connection = await kubelets.connect(nodeNameOf(request.pod), signal);
  try {
    await work(connection);
  } finally {
    connection.release();
  }
}

/** Nothing that goes wrong from here on may be answered: the socket speaks another protocol now. */
async function afterAnswer(
  { request, socket, signal }: UpgradeRequest,
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

/** @throws ApiError BadRequest for what is neither WebSocket nor SPDY */
export function checkUpgrade(message: IncomingMessage): void {
  if (isWebSocketRequest(message) || isSpdyRequest(message)) return;
  throw new ApiError('BadRequest', `unable to upgrade to ${JSON.stringify(message.headers.upgrade ?? '')}`);
}
