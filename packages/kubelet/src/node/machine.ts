import { readlinkSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, release, totalmem } from 'node:os';

/** What does not change while the kubelet runs. */
export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
}

export interface MachinePressure {
  readonly memoryAvailableBytes: number;
  readonly diskAvailableRatio: number;
  readonly processIdsAvailableRatio: number;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

export async function readMachine(): Promise<Machine> {
  const [osRelease, machineId, systemUuid, bootId] = await Promise.all([
    read('/etc/os-release'),
    read('/etc/machine-id'),
    read('/sys/class/dmi/id/product_uuid'),
    read('/proc/sys/kernel/random/boot_id'),
  ]);
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    architecture: ARCHITECTURES[arch()] ?? arch(),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
    machineId: machineId.trim(),
    systemUuid: systemUuid.trim() || machineId.trim(),
    bootId: bootId.trim(),
  };
}

/** "" where there is none, or it may not be read. */
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** Of the file system that holds `directory`. */
export async function diskSpace(directory: string): Promise<{ capacityBytes: number; availableBytes: number }> {
  const { blocks, bavail, bsize } = await statfs(directory);
  return { capacityBytes: blocks * bsize, availableBytes: bavail * bsize };
}

export async function readPressure(directory: string): Promise<MachinePressure> {
  const [memory, disk, load, maximum] = await Promise.all([
    read('/proc/meminfo'),
    diskSpace(directory),
    read('/proc/loadavg'),
    read('/proc/sys/kernel/pid_max'),
  ]);
  const threads = Number(/\/(\d+)/.exec(load)?.[1] ?? 0);
  const maxThreads = Number(maximum) || Number.POSITIVE_INFINITY;
  return {
    memoryAvailableBytes: Number(/^MemAvailable:\s+(\d+)/m.exec(memory)?.[1] ?? Number.POSITIVE_INFINITY) * 1024,
    diskAvailableRatio: disk.availableBytes / disk.capacityBytes,
    processIdsAvailableRatio: 1 - threads / maxThreads,
  };
}

/**
 * A process in the machine's mount namespace: undefined where that is this
 * one's own; 1 in a container that sees the machine's processes.
 */
export function machineProcess(): number | undefined {
  try {
    return readlinkSync('/proc/1/ns/mnt') === readlinkSync('/proc/self/ns/mnt') ? undefined : 1;
  } catch {
    return undefined;
  }
}
