import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Snapshot, SupervisorRequest } from './snapshot.js';

export interface ControlHandlers {
  apply(): Promise<void>;
  snapshot(): Snapshot;
  /** Returns what ends the subscription. */
  onChange(listener: () => void): () => void;
}

export interface ControlServer {
  close(): Promise<void>;
}

/** Serves SupervisorRequests on a Unix socket (0600): a line of JSON in, lines of JSON out. */
export async function startControlServer(path: string, handlers: ControlHandlers): Promise<ControlServer> {
  // The socket of a supervisor that was killed is still there, and nobody listens.
  await rm(path, { force: true });
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => answer(line, socket, handlers));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

function answer(line: string, socket: Socket, handlers: ControlHandlers): void {
  const send = (message: unknown): void => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
  };
  let request: SupervisorRequest;
  try {
    request = JSON.parse(line) as SupervisorRequest;
  } catch {
    send({ error: 'not JSON' });
    return;
  }
  switch (request.op) {
    case 'apply':
      handlers.apply().then(
        () => send(handlers.snapshot()),
        (error: unknown) => send({ error: error instanceof Error ? error.message : String(error) }),
      );
      return;
    case 'watch':
      watch(socket, handlers, send);
      return;
    default:
      send({ error: `unknown request ${line.slice(0, 100)}` });
  }
}

/** One Snapshot a turn of the event loop at most, and none to a reader that is behind: the next one is newer. */
function watch(socket: Socket, handlers: ControlHandlers, send: (message: unknown) => void): void {
  let scheduled = false;
  const tell = (): void => {
    scheduled = false;
    if (socket.writableNeedDrain) {
      socket.once('drain', tell);
      return;
    }
    send(handlers.snapshot());
  };
  const unsubscribe = handlers.onChange(() => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(tell);
  });
  socket.once('close', unsubscribe);
  tell();
}
