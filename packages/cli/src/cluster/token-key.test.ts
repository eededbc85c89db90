import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureTokenKey } from './token-key.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-token-key-'));
});
afterEach(() => rm(directory, { recursive: true }));

const read = (name: string) => readFile(join(directory, name), 'utf8');

test('the key is made once, for its owner only', async () => {
  await ensureTokenKey(directory);
  expect((await stat(join(directory, 'sa.key'))).mode & 0o777).toBe(0o600);
  const [key, publicKey] = [await read('sa.key'), await read('sa.pub')];
  expect(publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  await ensureTokenKey(directory);
  expect([await read('sa.key'), await read('sa.pub')]).toEqual([key, publicKey]);
});

test('a public half that is another’s is made anew', async () => {
  await ensureTokenKey(directory);
  const publicKey = await read('sa.pub');
  await writeFile(join(directory, 'sa.pub'), 'x');
  await ensureTokenKey(directory);
  expect(await read('sa.pub')).toBe(publicKey);
});
