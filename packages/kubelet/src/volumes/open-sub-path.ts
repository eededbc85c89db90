import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, readlink } from 'node:fs/promises';

/** open(2): a reference to a file without opening it. Node has no name for it. */
const O_PATH = 0o10000000;
const MAX_SYMBOLIC_LINKS = 40;

interface OpenElement {
  readonly handle: FileHandle;
  readonly status: Stats;
}

/**
 * Opens a path inside a volume, element by element and each one relative to
 * the last, so that nothing which a container does meanwhile leads outside.
 * Symbolic links are followed as long as they stay inside; absolute ones never
 * do. What is missing is made as directories with the volume's own mode. The
 * caller closes the handle, which refers to the file (O_PATH) and reads nothing.
 */
export async function openSubPath(volume: string, subPath: string): Promise<FileHandle> {
  const base = await open(volume, O_PATH);
  const opened: OpenElement[] = [{ handle: base, status: await base.stat() }];
  try {
    await descend(opened, subPath);
    const last = opened.pop();
    if (!last) throw new Error(`subpath "${subPath}" not within volume path`);
    return last.handle;
  } finally {
    for (const { handle } of opened) await handle.close();
  }
}

async function descend(opened: OpenElement[], subPath: string): Promise<void> {
  const outside = () => new Error(`subpath "${subPath}" not within volume path`);
  const pending = elementsOf(subPath);
  let links = 0;
  for (let element = pending.shift(); element !== undefined; element = pending.shift()) {
    const parent = opened.at(-1);
    if (!parent) throw outside();
    if (element === '..') {
      await opened.pop()?.handle.close();
      if (opened.length === 0) throw outside();
      continue;
    }
    const path = `/proc/self/fd/${parent.handle.fd}/${element}`;
    const child = await openOrMake(path, opened[0]?.status.mode ?? 0);
    if (!child.status.isSymbolicLink()) {
      opened.push(child);
      continue;
    }
    await child.handle.close();
    const target = await readlink(path);
    if (target.startsWith('/')) throw outside();
    if (++links > MAX_SYMBOLIC_LINKS) throw new Error(`subpath "${subPath}": too many levels of symbolic links`);
    pending.unshift(...elementsOf(target));
  }
}

function elementsOf(path: string): string[] {
  return path.split('/').filter((element) => element !== '' && element !== '.');
}

async function openOrMake(path: string, mode: number): Promise<OpenElement> {
  try {
    return await openElement(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(path);
  const element = await openElement(path);
  if (element.status.isDirectory()) await chmod(`/proc/self/fd/${element.handle.fd}`, mode & 0o7777);
  return element;
}

async function openElement(path: string): Promise<OpenElement> {
  const handle = await open(path, O_PATH | constants.O_NOFOLLOW);
  return { handle, status: await handle.stat() };
}
