import { createWebSocketStream } from 'ws';
import { createPortForwarder, type PortForwarder } from './port-forward.js';
import { acceptSpdy, isSpdyRequest, negotiateStreamProtocol } from './spdy/accept-spdy.js';
import { PORT_FORWARD_PROTOCOLS as SPDY_PROTOCOLS, spdyPortForward } from './spdy/port-forward.js';
import { afterHandshake, type Upgrade, type UpgradeDependencies, withKubelet } from './upgrade.js';
import { acceptWebSocket, negotiateProtocol } from './websocket/accept-websocket.js';
import {
  readPorts,
  PORT_FORWARD_PROTOCOLS as WEB_SOCKET_PROTOCOLS,
  webSocketPortForward,
} from './websocket/port-forward.js';

/** SPDY inside of a WebSocket (KEP-4006). */
const TUNNEL_PREFIX = 'SPDY/3.1+';
const TUNNEL_PROTOCOLS = SPDY_PROTOCOLS.map((protocol) => TUNNEL_PREFIX + protocol);

/** Completes the handshake and carries connections until the client hangs up. */
type Carry = (forward: PortForwarder) => Promise<void>;

/** Carries connections to a pod's ports. @throws ApiError before the handshake */
export async function upgradePortForward(upgrade: Upgrade, dependencies: UpgradeDependencies): Promise<void> {
  const carry = negotiate(upgrade);
  await withKubelet(upgrade, dependencies, (client) =>
    afterHandshake(upgrade, dependencies, () => carry(createPortForwarder(upgrade.request, client, upgrade.signal))),
  );
}

/** @throws ApiError where there is no protocol in common, or the ports are missing that it needs */
function negotiate({ request, message, socket, head, signal }: Upgrade): Carry {
  if (isSpdyRequest(message)) {
    const protocol = negotiateStreamProtocol(message, SPDY_PROTOCOLS);
    return (forward) => {
      acceptSpdy(socket, head, protocol);
      return spdyPortForward(socket, forward, signal);
    };
  }
  const protocol = negotiateProtocol(message, [...TUNNEL_PROTOCOLS, ...WEB_SOCKET_PROTOCOLS]);
  const accept = () => acceptWebSocket(message, socket, head, protocol, signal);
  if (protocol.startsWith(TUNNEL_PREFIX)) {
    return async (forward) => spdyPortForward(createWebSocketStream(await accept()), forward, signal);
  }
  const ports = readPorts(request.query);
  return async (forward) => webSocketPortForward(await accept(), ports, forward);
}
