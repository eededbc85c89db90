import type Docker from 'dockerode';
import { expect, test } from 'vitest';
import { dockerProcesses } from './docker-processes.js';

const engineWith = (stats: object) => ({ getContainer: () => ({ stats: async () => stats }) }) as unknown as Docker;

test('stats are of the moment that the engine names', async () => {
  const docker = engineWith({
    read: '2030-01-01T00:00:01.5Z',
    cpu_stats: { cpu_usage: { total_usage: 7 } },
    memory_stats: { usage: 100, stats: { total_inactive_file: 30, total_rss: 20 } },
  });
  await expect(dockerProcesses(docker).stats('a', new AbortController().signal)).resolves.toEqual({
    atMs: Date.parse('2030-01-01T00:00:01.5Z'),
    cpuTotalNanoseconds: 7,
    memoryUsageBytes: 100,
    memoryWorkingSetBytes: 70,
    memoryRssBytes: 20,
  });
});

test('a container that has just ended has none', async () => {
  const stats = dockerProcesses(engineWith({})).stats('a', new AbortController().signal);
  await expect(stats).rejects.toMatchObject({ kind: 'notRunning' });
});
