import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
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

/**
 * The kubectls of these minors (`1.27`) that the machine has; where
 * KUBELAB_TEST_KUBECTLS names some (paths, separated as in PATH), those instead,
 * whatever their minors.
 */
export function kubectlsOf(minors: readonly string[]): string[] {
  const given = (process.env.KUBELAB_TEST_KUBECTLS ?? '').split(delimiter).filter((path) => path !== '');
  return given.length > 0 ? given : minors.flatMap((minor) => find(`kubectl.${minor}`) ?? []);
}

/** The kubectl of this minor if the machine has it, else its `kubectl`, of whatever minor that is. */
export function kubectlOf(minor: string): string {
  return find(`kubectl.${minor}`) ?? 'kubectl';
}

/** Its path, where it is on PATH, or beside what `kubectl` is a link to. */
function find(program: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  const beside = directories
    .map((directory) => join(directory, 'kubectl'))
    .filter(isExecutable)
    .map((path) => dirname(realpathSync(path)));
  return [...directories, ...beside].map((directory) => join(directory, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
