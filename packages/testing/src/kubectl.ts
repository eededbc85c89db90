import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PACKAGE = 'kubernetes-client';
const LIMIT_MS = 180_000;

/**
 * The path of the kubectl of Debian's package kubernetes-client (1.20 in Debian
 * 12), unpacked into the user's cache and not installed: the machine's own
 * kubectl stays what it is. Undefined where there is no such package to be had.
 */
export async function debianKubectl(): Promise<string | undefined> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kubelab');
  const directory = join(cache, PACKAGE);
  const binary = join(directory, 'usr/bin/kubectl');
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const work = mkdtempSync(join(cache, `${PACKAGE}-`));
  try {
    await run('apt-get', ['download', PACKAGE], { cwd: work, timeout: LIMIT_MS });
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) return undefined;
    await run('dpkg-deb', ['-x', archive, 'root'], { cwd: work, timeout: LIMIT_MS });
    // Whoever else does the same at the same time puts the same there.
    if (!existsSync(binary)) renameSync(join(work, 'root'), directory);
    return binary;
  } catch {
    return existsSync(binary) ? binary : undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
