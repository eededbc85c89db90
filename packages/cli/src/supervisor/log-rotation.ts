import { copyFile, readdir, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A log grows to this and has one older part of about the same size. */
export const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Looks after the logs in a directory every so often until the signal. */
export async function rotateLogs(directory: string, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await rotateOnce(directory).catch(() => undefined);
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Moves the content of each .log file that is too long to NAME.log.1. Its writer
 * keeps the file open and appends, so the file stays and is cut to nothing; the
 * few lines written between copying and cutting are lost.
 */
export async function rotateOnce(directory: string, maxBytes: number = MAX_LOG_BYTES): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.log')) continue;
    const path = join(directory, name);
    if ((await stat(path)).size <= maxBytes) continue;
    await copyFile(path, `${path}.1.new`);
    await truncate(path);
    await rename(`${path}.1.new`, `${path}.1`);
  }
}
