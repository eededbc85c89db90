import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What a node's network namespace has to have switched on: forwarding; bridged
 * frames through netfilter, so that a pod reaches a pod of its own node through
 * a Service; loopback addresses as destinations, for node ports on localhost.
 */
const NODE_SYSCTLS: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '1',
  'net/bridge/bridge-nf-call-iptables': '1',
  'net/ipv4/conf/all/route_localnet': '1',
};

/**
 * Switches on what is off. Which namespace is meant is the writer's, whatever
 * mount of /proc it writes through.
 * @param procDirectories tried in this order, as a container's own is read-only
 * @returns why each that could not be set was not
 */
export async function setNodeSysctls(procDirectories: readonly string[]): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const [name, value] of Object.entries(NODE_SYSCTLS)) {
    const failure = await setFirst(procDirectories, name, value);
    if (failure) failures.push(`${name.replaceAll('/', '.')}=${value}: ${failure.message}`);
  }
  return failures;
}

async function setFirst(directories: readonly string[], name: string, value: string): Promise<Error | undefined> {
  let failure: Error | undefined;
  for (const directory of directories) {
    const path = join(directory, 'sys', name);
    try {
      if ((await readFile(path, 'utf8')).trim() !== value) await writeFile(path, value);
      return undefined;
    } catch (error) {
      failure = error as Error;
    }
  }
  return failure;
}
