import { randomBytes } from 'node:crypto';
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface FileContent {
  readonly content: Buffer;
  /** Permission bits. */
  readonly mode: number;
  /** Owner; root by default. */
  readonly uid?: number;
}

/** Relative path → file. */
export type Payload = ReadonlyMap<string, FileContent>;

const DATA_LINK = '..data';
const NEW_DATA_LINK = '..data_tmp';
/** What a group reads through fsGroup, in volumes that are read-only. */
const GROUP_READ = 0o440;
const GROUP_DIRECTORY = 0o2550;

/**
 * Makes a directory hold exactly the payload, in one step for whoever reads it.
 * The files are in a new directory `..TIME.RANDOM`; the link `..data` to it is
 * replaced by rename, and every visible name is a link through `..data`. A
 * writer killed half way leaves what the next one clears. Returns false when
 * nothing had to change. (The layout is Kubernetes' AtomicWriter's.)
 */
export async function writeAtomically(directory: string, payload: Payload, fsGroup?: number): Promise<boolean> {
  for (const path of payload.keys()) assertRelative(path);
  const current = await linkTarget(join(directory, DATA_LINK));
  const changed = current === undefined || !(await holds(join(directory, current), payload, fsGroup));
  const target = changed ? await writeNewDirectory(directory, payload, fsGroup) : current;
  if (changed) {
    await rm(join(directory, NEW_DATA_LINK), { force: true });
    await symlink(target, join(directory, NEW_DATA_LINK));
    await rename(join(directory, NEW_DATA_LINK), join(directory, DATA_LINK));
  }
  await linkVisibleNames(directory, payload);
  await removeLeftovers(directory, target, payload);
  return changed;
}

/** True once {@link writeAtomically} has completed its first step in the directory. */
export async function isWritten(directory: string): Promise<boolean> {
  return (await linkTarget(join(directory, DATA_LINK))) !== undefined;
}

function assertRelative(path: string): void {
  const elements = path.split('/');
  if (path.startsWith('/') || path === '') throw new Error(`invalid path: must be relative path: ${path}`);
  if (elements.includes('..')) throw new Error(`invalid path: must not contain '..': ${path}`);
  if (path.startsWith('..')) throw new Error(`invalid path: must not start with '..': ${path}`);
  if (elements.some((element) => element.length > 255) || path.length > 4096) {
    throw new Error(`invalid path: too long: ${path}`);
  }
}

async function writeNewDirectory(directory: string, payload: Payload, fsGroup: number | undefined): Promise<string> {
  const name = `..${new Date().toISOString().replaceAll(/[-:T]/g, '_').slice(0, 19)}.${randomBytes(5).toString('hex')}`;
  const top = join(directory, name);
  await makeDirectory(top, fsGroup);
  for (const [path, file] of payload) {
    const parents = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parents.length; depth++) {
      await makeDirectory(join(top, ...parents.slice(0, depth)), fsGroup);
    }
    const target = join(top, path);
    await writeFile(target, file.content, { mode: 0o600, flag: 'wx' });
    await lchown(target, file.uid ?? 0, fsGroup ?? 0);
    await chmod(target, modeOf(file, fsGroup));
  }
  return name;
}

async function makeDirectory(path: string, fsGroup: number | undefined): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  if (fsGroup !== undefined) await lchown(path, 0, fsGroup);
  await chmod(path, fsGroup === undefined ? 0o755 : 0o755 | GROUP_DIRECTORY);
}

function modeOf(file: FileContent, fsGroup: number | undefined): number {
  return fsGroup === undefined ? file.mode : file.mode | GROUP_READ;
}

async function holds(directory: string, payload: Payload, fsGroup: number | undefined): Promise<boolean> {
  const present = await filesBelow(directory);
  if (present === undefined || present.size !== payload.size) return false;
  for (const [path, file] of payload) {
    if (!present.has(path)) return false;
    const full = join(directory, path);
    const status = await lstat(full);
    const same = (status.mode & 0o7777) === modeOf(file, fsGroup) && status.gid === (fsGroup ?? 0);
    if (!same || status.uid !== (file.uid ?? 0) || !(await readFile(full)).equals(file.content)) return false;
  }
  return true;
}

async function filesBelow(directory: string): Promise<Set<string> | undefined> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    return new Set(files.map((entry) => join(entry.path, entry.name).slice(directory.length + 1)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function visibleNames(payload: Payload): Set<string> {
  return new Set([...payload.keys()].map((path) => path.split('/')[0] ?? ''));
}

async function linkVisibleNames(directory: string, payload: Payload): Promise<void> {
  for (const name of visibleNames(payload)) {
    const target = join(DATA_LINK, name);
    const link = join(directory, name);
    const present = await linkTarget(link);
    if (present === target) continue;
    if (present !== undefined) await rm(link);
    await symlink(target, link);
  }
}

/** Links whose file is no more, and the directories of earlier payloads and of writers that were killed. */
async function removeLeftovers(directory: string, current: string, payload: Payload): Promise<void> {
  const visible = visibleNames(payload);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const full = join(directory, entry.name);
    if (entry.isSymbolicLink() && entry.name !== DATA_LINK && !visible.has(entry.name)) {
      if (dirname((await linkTarget(full)) ?? '') === DATA_LINK) await rm(full, { force: true });
    } else if (entry.isDirectory() && entry.name.startsWith('..') && entry.name !== current) {
      await rm(full, { recursive: true, force: true });
    }
  }
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EINVAL') return undefined;
    throw error;
  }
}
