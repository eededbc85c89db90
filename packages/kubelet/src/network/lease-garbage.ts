import { readdir, readFile, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

/**
 * Frees the addresses of host-local whose container nobody knows any more. Its
 * leases are files named after the address that hold the container's id and
 * interface. `known` is asked after each lease was read: what an ADD adds
 * meanwhile was known before its lease. Returns the addresses that were freed.
 */
export async function freeForgottenLeases(
  directory: string,
  known: { has(containerId: string): boolean },
): Promise<readonly string[]> {
  const freed: string[] = [];
  for (const name of await leasesIn(directory)) {
    const path = join(directory, name);
    const [containerId = ''] = (await readFile(path, 'utf8')).split(/\r?\n/);
    if (known.has(containerId.trim())) continue;
    await rm(path, { force: true });
    freed.push(name);
  }
  return freed;
}

async function leasesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter((name) => isIP(name) !== 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
