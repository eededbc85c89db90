import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Engine } from '../engine/engine.js';
import type { ProxyMode } from './cluster.js';

/** Where administration programs are, for a PATH that leaves them out. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** What each program that a cluster runs comes from, on Debian and Ubuntu. */
const PACKAGES: Readonly<Record<string, string>> = {
  etcd: 'etcd-server',
  ip: 'iproute2',
  iptables: 'iptables',
  nft: 'nftables',
  nsenter: 'util-linux',
};

/** What this machine lacks to run a cluster, a sentence each; nothing when it lacks nothing. */
export async function missingRequirements(
  engine: Engine,
  wanted: { readonly proxyMode: ProxyMode; readonly ownEtcd: boolean },
): Promise<string[]> {
  if (process.platform !== 'linux') return [`a cluster needs Linux; this is ${process.platform}`];
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('a cluster needs root: run this as root (sudo)');
  const programs = ['nsenter', 'ip', wanted.proxyMode === 'nftables' ? 'nft' : 'iptables'];
  for (const program of wanted.ownEtcd ? [...programs, 'etcd'] : programs) {
    if (!isInstalled(program)) missing.push(`${program} is not installed (package ${PACKAGES[program]})`);
  }
  if (!existsSync('/usr/lib/cni/bridge')) {
    missing.push('the CNI plugins are not in /usr/lib/cni (package containernetworking-plugins)');
  }
  await engine.get('/version').catch((error: Error) => {
    missing.push(`no Docker engine answers: ${error.message}`);
  });
  return missing;
}

function isInstalled(program: string): boolean {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...SBIN];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
