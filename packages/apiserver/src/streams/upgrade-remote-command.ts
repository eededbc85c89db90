import { KubeletDuplex } from './kubelet/kubelet-call.js';
import type { ExecStartMessage } from './kubelet/messages.js';
import { readRemoteCommandOptions } from './remote-command-options.js';
import { type RemoteCommandCall, type RemoteCommandStreams, runRemoteCommand } from './run-remote-command.js';
import { acceptSpdy, isSpdyRequest, negotiateStreamProtocol } from './spdy/accept-spdy.js';
import { REMOTE_COMMAND_PROTOCOLS as SPDY_PROTOCOLS, spdyRemoteCommand } from './spdy/remote-command.js';
import { afterHandshake, type Upgrade, type UpgradeDependencies, withKubelet } from './upgrade.js';
import { acceptWebSocket, negotiateProtocol } from './websocket/accept-websocket.js';
import {
  REMOTE_COMMAND_PROTOCOLS as WEB_SOCKET_PROTOCOLS,
  webSocketRemoteCommand,
} from './websocket/remote-command.js';

/** Completes the handshake. */
type Accept = (start: ExecStartMessage) => Promise<RemoteCommandStreams>;

/**
 * Carries an exec or attach until it is over. The kubelet is asked before the
 * handshake, so that its refusal still is an answer.
 * @throws ApiError before the handshake
 */
export async function upgradeRemoteCommand(upgrade: Upgrade, dependencies: UpgradeDependencies): Promise<void> {
  const { request, signal } = upgrade;
  const kind = request.subresource === 'attach' ? 'attach' : 'exec';
  const accept = negotiate(upgrade);
  const start = readRemoteCommandOptions(request);
  await withKubelet(upgrade, dependencies, async (client) => {
    const call: RemoteCommandCall = new KubeletDuplex(kind === 'exec' ? client.exec() : client.attach(), signal);
    try {
      await call.send({ start });
      await call.opened();
      await afterHandshake(upgrade, dependencies, async () => {
        const streams = await accept(start);
        await runRemoteCommand(kind, call, streams, signal).finally(() => streams.close());
      });
    } finally {
      call.cancel();
    }
  });
}

/** @throws ApiError where there is no protocol in common */
function negotiate({ message, socket, head, signal }: Upgrade): Accept {
  if (isSpdyRequest(message)) {
    const protocol = negotiateStreamProtocol(message, SPDY_PROTOCOLS);
    return (start) => {
      acceptSpdy(socket, head, protocol);
      return spdyRemoteCommand(socket, protocol, start);
    };
  }
  const protocol = negotiateProtocol(message, WEB_SOCKET_PROTOCOLS);
  return async (start) =>
    webSocketRemoteCommand(await acceptWebSocket(message, socket, head, protocol, signal), start, signal);
}
