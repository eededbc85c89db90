import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWritten, type Payload, writeAtomically } from './atomic-writer.js';

let directory: string;
const asRoot = process.getuid?.() === 0;

function payload(files: Record<string, string>, mode = 0o644): Payload {
  return new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-writer-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe.skipIf(!asRoot)('writeAtomically', () => {
  it('shows each file through the data link', async () => {
    expect(await isWritten(directory)).toBe(false);
    expect(await writeAtomically(directory, payload({ key: 'one', 'deep/er/file': 'two' }))).toBe(true);
    expect(await readFile(join(directory, 'key'), 'utf8')).toBe('one');
    expect(await readFile(join(directory, 'deep/er/file'), 'utf8')).toBe('two');
    expect(await readlink(join(directory, 'key'))).toBe('..data/key');
    expect(await readlink(join(directory, 'deep'))).toBe('..data/deep');
    expect(await readlink(join(directory, '..data'))).toMatch(/^\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\./);
    expect(await isWritten(directory)).toBe(true);
  });

  it('changes nothing when nothing differs', async () => {
    await writeAtomically(directory, payload({ key: 'one' }));
    const before = await readlink(join(directory, '..data'));
    expect(await writeAtomically(directory, payload({ key: 'one' }))).toBe(false);
    expect(await readlink(join(directory, '..data'))).toBe(before);
  });

  it('replaces all files at once and drops what is gone', async () => {
    await writeAtomically(directory, payload({ stays: '1', goes: '1' }));
    const before = await readlink(join(directory, '..data'));
    expect(await writeAtomically(directory, payload({ stays: '2', comes: '2' }))).toBe(true);
    expect((await readdir(directory)).sort()).toEqual(
      [await readlink(join(directory, '..data')), '..data', 'comes', 'stays'].sort(),
    );
    expect(await readlink(join(directory, '..data'))).not.toBe(before);
    expect(await readFile(join(directory, 'stays'), 'utf8')).toBe('2');
  });

  it('rewrites when only the mode differs', async () => {
    await writeAtomically(directory, payload({ key: 'x' }, 0o644));
    expect(await writeAtomically(directory, payload({ key: 'x' }, 0o400))).toBe(true);
    expect((await stat(join(directory, 'key'))).mode & 0o777).toBe(0o400);
  });

  it('gives the group what fsGroup asks for', async () => {
    await writeAtomically(directory, payload({ 'a/key': 'x' }, 0o400), 1234);
    const file = await stat(join(directory, 'a/key'));
    expect([file.mode & 0o7777, file.gid]).toEqual([0o440, 1234]);
    const parent = await stat(join(directory, 'a'));
    expect([parent.mode & 0o7777, parent.gid]).toEqual([0o2755, 1234]);
  });

  it('goes on after a writer that was killed', async () => {
    await writeAtomically(directory, payload({ key: 'old' }));
    await mkdir(join(directory, '..2024_01_01_00_00_00.half'));
    await writeFile(join(directory, '..2024_01_01_00_00_00.half', 'key'), 'half');
    await symlink('..2024_01_01_00_00_00.half', join(directory, '..data_tmp'));
    await rm(join(directory, 'key'));
    await writeAtomically(directory, payload({ key: 'new' }));
    expect(await readFile(join(directory, 'key'), 'utf8')).toBe('new');
    expect((await readdir(directory)).filter((name) => name.includes('half') || name.endsWith('_tmp'))).toEqual([]);
  });

  it('leaves files that are not its own', async () => {
    await symlink('/etc/passwd', join(directory, 'foreign'));
    await writeAtomically(directory, payload({ key: 'x' }));
    expect(await readlink(join(directory, 'foreign'))).toBe('/etc/passwd');
  });

  it.each(['/abs', '../up', 'a/../../b', '..hidden', ''])('refuses %j', async (path) => {
    await expect(writeAtomically(directory, payload({ [path]: 'x' }))).rejects.toThrow('invalid path');
    expect(await readdir(directory)).toEqual([]);
  });
});
