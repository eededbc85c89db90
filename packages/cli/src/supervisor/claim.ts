import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Makes this process the only supervisor of a state directory for as long as it
 * lives. Resolves with false where another one is. An abstract Unix socket
 * serves as the lock: the kernel gives it to one process, and takes it back
 * however that one ends, so that no stale lock is ever found.
 */
export async function claimSupervision(stateDir: string): Promise<boolean> {
  const digest = createHash('sha256').update(stateDir).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(`\0kubelab-supervisor-${digest}`, () => {
      server.unref();
      resolve(true);
    });
  });
}
