import { readFileSync } from 'node:fs';

/** Linux counts at 100 a second whatever the kernel's own clock (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;

/** The CPU time that a process has used, all its threads together, to 10 ms. */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name is in brackets and may hold anything; the fields follow the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD])) / TICKS_PER_SECOND) * 1000;
}

/** Measures what the processes use until it is called, in milliseconds by their names. */
export function startCpuTimes(pids: Readonly<Record<string, number>>): () => Record<string, number> {
  const read = (): [string, number][] => Object.entries(pids).map(([name, pid]) => [name, cpuTimeMs(pid)]);
  const before = Object.fromEntries(read());
  return () => Object.fromEntries(read().map(([name, timeMs]) => [name, timeMs - (before[name] ?? 0)]));
}
