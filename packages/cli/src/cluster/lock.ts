import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isAlive, type ProcessIdentity } from '../processes/process-identity.js';
import type { ClusterPaths } from './cluster-paths.js';

/**
 * Does work on a cluster that only one command at a time may do. Rejects when
 * another one is at it; the lock of one that was killed counts for nothing.
 */
export async function withClusterLock<T>(paths: ClusterPaths, work: () => Promise<T>): Promise<T> {
  mkdirSync(paths.stateDir, { recursive: true, mode: 0o700 });
  take(paths.lockFile);
  try {
    return await work();
  } finally {
    rmSync(paths.lockFile, { force: true });
  }
}

function take(path: string): void {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeFileSync(file, JSON.stringify(identify(process.pid)));
      closeSync(file);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(path);
    if (holder && isAlive(holder)) throw new Error(`another command (pid ${holder.pid}) is at work on this cluster`);
    rmSync(path, { force: true });
  }
  throw new Error(`cannot take ${path}`);
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
