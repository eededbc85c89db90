import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContainerStats, type RuntimeContainer, RuntimeError } from './runtime.js';

type RunningContainer = Pick<RuntimeContainer, 'id' | 'pid'>;
type CgroupUsage = Omit<ContainerStats, 'atMs' | 'memoryWorkingSetBytes'> & {
  readonly memoryInactiveFileBytes: number;
};

const NANOSECONDS_PER_MICROSECOND = 1000;

/**
 * What a container uses, by its control groups, version 1 or 2. They are read where engines show them to the
 * container itself, which is the same place with every engine and driver. The engine does not tell it: Docker says
 * nothing of containers whose network is not its own.
 *
 * @param processes the machine's /proc
 * @throws {RuntimeError} `notRunning` when the container's first process is gone, or the process id is another's
 */
export async function readCgroupStats(container: RunningContainer, processes = '/proc'): Promise<ContainerStats> {
  try {
    await ensureIsOf(container, processes);
    const mount = join(processes, String(container.pid), 'root/sys/fs/cgroup');
    const usage = await readVersion2(mount).catch(() => readVersion1(mount));
    const { memoryInactiveFileBytes, ...stats } = usage;
    const memoryWorkingSetBytes = Math.max(0, usage.memoryUsageBytes - memoryInactiveFileBytes);
    return { atMs: Date.now(), ...stats, memoryWorkingSetBytes };
  } catch (cause) {
    throw new RuntimeError('notRunning', `container ${container.id} has no stats`, { cause });
  }
}

async function ensureIsOf({ id, pid }: RunningContainer, processes: string): Promise<void> {
  const groups = await readFile(join(processes, String(pid), 'cgroup'), 'utf8');
  if (!groups.includes(id)) throw new Error(`process ${pid} is not in a control group of container ${id}`);
}

async function readVersion2(mount: string): Promise<CgroupUsage> {
  const [cpu, memory, memoryUsageBytes] = await Promise.all([
    readTable(join(mount, 'cpu.stat')),
    readTable(join(mount, 'memory.stat')),
    readNumber(join(mount, 'memory.current')),
  ]);
  return {
    cpuTotalNanoseconds: (cpu.get('usage_usec') ?? 0) * NANOSECONDS_PER_MICROSECOND,
    memoryUsageBytes,
    memoryInactiveFileBytes: memory.get('inactive_file') ?? 0,
    memoryRssBytes: memory.get('anon') ?? 0,
  };
}

async function readVersion1(mount: string): Promise<CgroupUsage> {
  const [cpuTotalNanoseconds, memory, memoryUsageBytes] = await Promise.all([
    readNumber(join(mount, 'cpuacct/cpuacct.usage')),
    readTable(join(mount, 'memory/memory.stat')),
    readNumber(join(mount, 'memory/memory.usage_in_bytes')),
  ]);
  return {
    cpuTotalNanoseconds,
    memoryUsageBytes,
    memoryInactiveFileBytes: memory.get('total_inactive_file') ?? 0,
    memoryRssBytes: memory.get('total_rss') ?? 0,
  };
}

async function readNumber(path: string): Promise<number> {
  const value = Number(await readFile(path, 'utf8'));
  if (!Number.isFinite(value)) throw new Error(`${path} does not hold a number`);
  return value;
}

/** Lines of a name and a number. */
async function readTable(path: string): Promise<ReadonlyMap<string, number>> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return new Map(lines.map((line) => line.split(' ')).map(([name = '', value]) => [name, Number(value)]));
}
