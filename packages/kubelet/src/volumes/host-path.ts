import type { Stats } from 'node:fs';
import { chmod, mkdir, open, stat } from 'node:fs/promises';
import type { HostFileSystem } from './host-file-system.js';
import type { VolumePlugin } from './volume-plugin.js';

interface TypeCheck {
  readonly matches: (status: Stats) => boolean;
  readonly description: string;
  readonly create?: (path: string) => Promise<void>;
}

const directory = { matches: (status: Stats) => status.isDirectory(), description: 'a directory' };
const file = { matches: (status: Stats) => status.isFile(), description: 'a file' };

/** hostPath.type → what the path has to be. "" is not checked. */
const CHECKS: Readonly<Record<string, TypeCheck>> = {
  Directory: directory,
  DirectoryOrCreate: { ...directory, create: makeDirectory },
  File: file,
  FileOrCreate: { ...file, create: makeFile },
  Socket: { matches: (status) => status.isSocket(), description: 'a socket file' },
  CharDevice: { matches: (status) => status.isCharacterDevice(), description: 'a character device' },
  BlockDevice: { matches: (status) => status.isBlockDevice(), description: 'a block device' },
};

/** A file or directory of the node itself. Never removed, never chowned. */
export const hostPathVolumes: VolumePlugin = {
  source: 'hostPath',
  directoryName: undefined,
  readOnly: false,
  path: ({ hostPath }) => hostPath?.path ?? '',
  async setUp({ hostPath }, { host, signal }) {
    const path = hostPath?.path ?? '';
    const type = hostPath?.type ?? '';
    if (!path.startsWith('/') || path.split('/').includes('..')) throw new Error(`invalid hostPath "${path}"`);
    await checkType(host, path, type, signal);
  },
};

async function checkType(host: HostFileSystem, path: string, type: string, signal: AbortSignal): Promise<void> {
  const local = await host.resolve(path, signal);
  const present = await statusOf(local);
  if (type === '') {
    // The engine refuses to bind what is not there; every runtime makes a directory then.
    if (!present) await makeDirectory(local);
    return;
  }
  const check = CHECKS[type];
  if (!check) throw new Error(`${type} is an invalid volume type`);
  if (!present && check.create) return await check.create(local);
  if (!present || !check.matches(present)) {
    throw new Error(`hostPath type check failed: ${path} is not ${check.description}`);
  }
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  await chmod(path, 0o755);
}

/** Its parent has to be there: only the file itself is made. */
async function makeFile(path: string): Promise<void> {
  const handle = await open(path, 'a', 0o644);
  try {
    await handle.chmod(0o644);
  } finally {
    await handle.close();
  }
}
