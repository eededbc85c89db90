import type { WebSocket } from 'ws';
import { carryLog } from './serve-log.js';
import { afterHandshake, type Upgrade, type UpgradeDependencies } from './upgrade.js';
import { acceptWebSocket, negotiateProtocol } from './websocket/accept-websocket.js';

const PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io', ''];

/** A log over a WebSocket, a message each piece, without channels. @throws ApiError before the handshake */
export async function upgradeLog(upgrade: Upgrade, dependencies: UpgradeDependencies): Promise<void> {
  const { request, message, socket, head, signal } = upgrade;
  const protocol = negotiateProtocol(message, PROTOCOLS);
  const encode = (data: Buffer) => (protocol.startsWith('base64') ? data.toString('base64') : data);
  let webSocket: WebSocket | undefined;
  const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const carry = () =>
    carryLog(
      request,
      dependencies.kubelets,
      {
        async begin() {
          webSocket = await acceptWebSocket(message, socket, head, protocol, signal);
          webSocket.resume();
        },
        async write(data) {
          await Promise.race([new Promise<void>((sent) => webSocket?.send(encode(data), () => sent())), gone]);
        },
      },
      signal,
    );
  try {
    await carry();
  } catch (error) {
    if (!webSocket) throw error;
    await afterHandshake(upgrade, dependencies, () => Promise.reject(error));
  }
  webSocket?.close();
}
