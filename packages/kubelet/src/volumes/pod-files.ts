import { constants } from 'node:fs';
import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Kubernetes' limit for a container's termination message. */
const MAX_TERMINATION_MESSAGE_BYTES = 4096;

/**
 * Gives a file its content, in place: a running container has the file itself
 * bound, and would not see another that took its name.
 */
export async function writeBoundFile(path: string, content: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => undefined);
  if (present === content) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  await writeFile(path, content, { mode: 0o644 });
  await chmod(path, 0o644);
}

/** An empty file that any user of the container may write; what is there stays. */
export async function makeTerminationLog(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const handle = await open(path, constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW, 0o666);
  try {
    await handle.chmod(0o666);
  } finally {
    await handle.close();
  }
}

/** The end of a termination log, at most 4096 bytes; "" where there is none. */
export async function readTerminationLog(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - MAX_TERMINATION_MESSAGE_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_TERMINATION_MESSAGE_BYTES), 0, undefined, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
