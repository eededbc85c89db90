import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { execute, type TestCluster } from './kubelab-command.js';

/** What a running cluster has on the machine, to be looked for when it is gone. */
export interface Footprint {
  readonly containerIds: readonly string[];
  readonly pids: readonly number[];
  /** Inode numbers of the network namespaces of its containers. */
  readonly networkNamespaces: readonly string[];
  readonly subnet: string;
  readonly bridge: string;
}

export async function takeFootprint(cluster: TestCluster): Promise<Footprint> {
  const ids = await lines('docker', 'ps', '--all', '--quiet', '--no-trunc', ...labelFilter(cluster));
  const running = ids.length === 0 ? [] : await lines('docker', 'inspect', '--format={{.State.Pid}}', ...ids);
  const containerPids = running.map(Number).filter((pid) => pid > 0);
  const network = `kubelab-${cluster.name}`;
  const [subnet = ''] = await lines(
    'docker',
    'network',
    'inspect',
    '--format={{(index .IPAM.Config 0).Subnet}}',
    network,
  );
  const [networkId = ''] = await lines('docker', 'network', 'inspect', '--format={{.Id}}', network);
  return {
    containerIds: ids,
    pids: [...containerPids, ...agentPids(cluster)],
    networkNamespaces: [...new Set(containerPids.map((pid) => readlinkSync(`/proc/${pid}/ns/net`)))],
    subnet,
    bridge: `br-${networkId.slice(0, 12)}`,
  };
}

/** What of it is still on the machine, a line each. */
export async function findLeftovers(cluster: TestCluster, footprint: Footprint): Promise<string[]> {
  const { containerIds, pids, networkNamespaces, subnet, bridge } = footprint;
  const found: string[] = [];
  const look = (what: string, left: readonly string[]): void => {
    for (const line of left) found.push(`${what}: ${line}`);
  };
  look('container', await lines('docker', 'ps', '--all', '--format={{.Names}}', ...labelFilter(cluster)));
  look('network', await lines('docker', 'network', 'ls', '--format={{.Name}}', ...labelFilter(cluster)));
  look('process', [...pids.filter(isAlive), ...agentPids(cluster)].map(String));
  look('namespace', namespacesInUse(networkNamespaces));
  look('ip netns', matching(await lines('ip', 'netns', 'list'), [cluster.name, ...containerIds]));
  look('mount', matching(readFileSync('/proc/self/mountinfo', 'utf8').split('\n'), [cluster.stateDir]));
  look('cgroup', matching(cgroupsOfDocker(), containerIds));
  look('interface', matching(await lines('ip', '-oneline', 'link'), [bridge]));
  look('route', matching(await lines('ip', 'route'), [subnet]));
  look('iptables', matching(await lines('iptables-save'), [subnet, bridge]));
  look('nftables', matching(await lines('nft', 'list', 'ruleset'), [subnet, bridge, 'kubelab']));
  look('state', existsSync(cluster.stateDir) ? [cluster.stateDir] : []);
  return found;
}

function labelFilter(cluster: TestCluster): string[] {
  return ['--filter', `label=kubelab.cluster=${cluster.name}`];
}

async function lines(program: string, ...args: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await execute(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed with ${code}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}

function matching(all: readonly string[], parts: readonly string[]): string[] {
  return all.filter((line) => parts.some((part) => line.includes(part)));
}

/** By their mark in the environment, whoever started them. */
function agentPids(cluster: TestCluster): number[] {
  return processes().filter((pid) =>
    read(`/proc/${pid}/environ`).split('\0').includes(`KUBELAB_STATE_DIR=${cluster.stateDir}`),
  );
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/ns/net`);
}

function namespacesInUse(wanted: readonly string[]): string[] {
  return processes().flatMap((pid) => {
    try {
      const namespace = readlinkSync(`/proc/${pid}/ns/net`);
      return wanted.includes(namespace) ? [`${namespace} of process ${pid}`] : [];
    } catch {
      return [];
    }
  });
}

/** Of cgroup v1 by controller, of v2 by slice. */
function cgroupsOfDocker(): string[] {
  const folders = ['/sys/fs/cgroup/memory/docker', '/sys/fs/cgroup/system.slice', '/sys/fs/cgroup/docker'];
  return folders.filter(existsSync).flatMap((folder) => readdirSync(folder));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
