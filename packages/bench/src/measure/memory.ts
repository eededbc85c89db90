import { readFile } from 'node:fs/promises';

/** What a process holds of the machine's memory. */
export interface ProcessMemory {
  /** All pages that it has mapped. */
  readonly residentBytes: number;
  /** Those, a page that n processes share counted as a n-th. */
  readonly proportionalBytes: number;
  /** Those that no other process has. */
  readonly privateBytes: number;
}

/** Needs root for processes of others. */
export async function readMemory(pid: number): Promise<ProcessMemory> {
  return parseMemory(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

/** Reads the text of /proc/PID/smaps_rollup. */
export function parseMemory(text: string): ProcessMemory {
  const bytes = (field: string): number => {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kib === undefined) throw new Error(`smaps_rollup says nothing of ${field}`);
    return Number(kib) * 1024;
  };
  return {
    residentBytes: bytes('Rss'),
    proportionalBytes: bytes('Pss'),
    privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'),
  };
}
