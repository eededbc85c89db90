import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCgroupStats } from './cgroup-stats.js';

const container = { id: 'c0ffee', pid: 7 };
const CGROUPS = '7/root/sys/fs/cgroup';
let processes: string;

beforeEach(async () => {
  processes = await mkdtemp(join(tmpdir(), 'kubelab-cgroups-'));
});

afterEach(() => rm(processes, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(processes, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

test('of control groups of version 1', async () => {
  await write({
    '7/cgroup': '4:memory:/docker/c0ffee\n2:cpuacct:/docker/c0ffee\n',
    [`${CGROUPS}/cpuacct/cpuacct.usage`]: '41000\n',
    [`${CGROUPS}/memory/memory.usage_in_bytes`]: '4096\n',
    [`${CGROUPS}/memory/memory.stat`]: 'cache 1\nrss 2\ntotal_rss 2048\ntotal_inactive_file 96\n',
  });
  expect(await readCgroupStats(container, processes)).toEqual({
    atMs: expect.any(Number),
    cpuTotalNanoseconds: 41_000,
    memoryUsageBytes: 4096,
    memoryWorkingSetBytes: 4000,
    memoryRssBytes: 2048,
  });
});

test('of control groups of version 2', async () => {
  await write({
    '7/cgroup': '0::/system.slice/docker-c0ffee.scope\n',
    [`${CGROUPS}/cpu.stat`]: 'usage_usec 41\nuser_usec 40\n',
    [`${CGROUPS}/memory.current`]: '4096\n',
    [`${CGROUPS}/memory.stat`]: 'anon 2048\nfile 500\ninactive_file 5000\n',
  });
  expect(await readCgroupStats(container, processes)).toMatchObject({
    cpuTotalNanoseconds: 41_000,
    memoryUsageBytes: 4096,
    memoryWorkingSetBytes: 0,
    memoryRssBytes: 2048,
  });
});

test.each<[string, Record<string, string>]>([
  ['is gone', {}],
  ['has a successor by its number', { '7/cgroup': '0::/docker/other\n', [`${CGROUPS}/memory.current`]: '1\n' }],
  ['ends meanwhile', { '7/cgroup': '0::/docker/c0ffee\n' }],
])('none of a process that %s', async (_, files) => {
  await write(files);
  await expect(readCgroupStats(container, processes)).rejects.toMatchObject({ kind: 'notRunning' });
});
