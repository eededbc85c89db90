import { readdirSync, readFileSync } from 'node:fs';

/** A process for good: its number alone may be given to another one later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the machine did. */
  readonly startTicks: number;
}

export interface ProcessUsage {
  readonly residentBytes: number;
  readonly uptimeMs: number;
}

/** Linux counts at 100 a second whatever the kernel's own clock (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;
const STATE_FIELD = 0;
const START_FIELD = 19;

/** Undefined where there is no such process, or only what a dead one leaves behind (a zombie). */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command's name is in brackets and may hold anything; the fields follow the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[STATE_FIELD] === 'Z' || fields[STATE_FIELD] === 'X') return undefined;
  return { pid, startTicks: Number(fields[START_FIELD]) };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTicks === identity.startTicks;
}

/** Undefined once the process is gone. */
export function readUsage(identity: ProcessIdentity): ProcessUsage | undefined {
  if (!isAlive(identity)) return undefined;
  const status = read(`/proc/${identity.pid}/status`);
  const uptimeSeconds = Number(read('/proc/uptime')?.split(' ')[0]);
  const residentKib = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1];
  if (residentKib === undefined) return undefined;
  return {
    residentBytes: Number(residentKib) * 1024,
    uptimeMs: Math.max(0, uptimeSeconds * 1000 - (identity.startTicks / TICKS_PER_SECOND) * 1000),
  };
}

/** Sends a signal unless the process is gone already. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The processes whose environment is `wanted`, this one left out. Needs root for those of others. */
export function findByEnvironment(wanted: (environment: ReadonlyMap<string, string>) => boolean): ProcessIdentity[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => wanted(parseEnvironment(read(`/proc/${pid}/environ`) ?? '')))
    .map(identify)
    .filter((identity) => identity !== undefined);
}

function parseEnvironment(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\0').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone, or not ours to read: as good as not there.
    return undefined;
  }
}
