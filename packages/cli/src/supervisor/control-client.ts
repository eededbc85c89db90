import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Snapshot, SupervisorRequest } from './snapshot.js';

/** Has the supervisor take up cluster.json. Rejects when none answers, or it cannot. */
export async function applyCluster(socketPath: string): Promise<Snapshot> {
  for await (const snapshot of ask(socketPath, { op: 'apply' })) return snapshot;
  throw new Error('the supervisor did not answer');
}

/** How the cluster stands, now and after every change, until the signal or the caller ends it. */
export function watchCluster(socketPath: string, signal?: AbortSignal): AsyncIterable<Snapshot> {
  return ask(socketPath, { op: 'watch' }, signal);
}

async function* ask(
  socketPath: string,
  request: SupervisorRequest,
  signal?: AbortSignal,
): AsyncGenerator<Snapshot, void> {
  const socket = await connect(socketPath);
  const lines = createInterface({ input: socket });
  // A socket that is destroyed has no end that readline would see.
  socket.once('close', () => lines.close());
  const end = (): void => {
    socket.destroy();
  };
  signal?.addEventListener('abort', end, { once: true });
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of lines) {
      const answer = JSON.parse(line) as Snapshot | { error: string };
      if ('error' in answer) throw new Error(`the supervisor: ${answer.error}`);
      yield answer;
    }
  } finally {
    signal?.removeEventListener('abort', end);
    socket.destroy();
  }
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.off('error', reject);
      // What breaks later ends the lines, which is enough to know.
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
