import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ClusterPaths, clusterPaths } from './cluster-paths.js';
import { withClusterLock } from './lock.js';

let paths: ClusterPaths;
beforeEach(() => {
  paths = clusterPaths(mkdtempSync(join(tmpdir(), 'kubelab-lock-')));
});
afterEach(() => rmSync(paths.stateDir, { recursive: true }));

test('only one is at work at a time, and the lock is given back', async () => {
  await withClusterLock(paths, async () => {
    await expect(withClusterLock(paths, async () => undefined)).rejects.toThrow(`pid ${process.pid}`);
  });
  expect(existsSync(paths.lockFile)).toBe(false);
  await expect(withClusterLock(paths, async () => 'done')).resolves.toBe('done');
});

test('it is given back when the work fails', async () => {
  await expect(withClusterLock(paths, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(paths.lockFile)).toBe(false);
});

test.each([
  ['that was killed, though its pid is another’s now', JSON.stringify({ pid: process.pid, startTicks: 1 })],
  ['that was killed before it wrote its pid', ''],
])('the lock of a command %s counts for nothing', async (_, content) => {
  writeFileSync(paths.lockFile, content);
  await expect(withClusterLock(paths, async () => 'done')).resolves.toBe('done');
});
