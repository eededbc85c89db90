import { join } from 'node:path';

/** Where clusters keep their state unless --state-dir says otherwise. */
export const STATE_ROOT = '/var/lib/kubelab';

/** Every file and directory of one cluster on this machine. Nothing of it lies elsewhere. */
export interface ClusterPaths {
  readonly stateDir: string;
  readonly clusterFile: string;
  readonly kubeconfig: string;
  readonly pkiDir: string;
  readonly etcdDir: string;
  readonly logsDir: string;
  /** Pid files, the supervisor's socket, the lock: what a restart of the machine makes void. */
  readonly runDir: string;
  readonly socket: string;
  readonly lockFile: string;
  readonly nodesDir: string;
}

export function clusterPaths(stateDir: string): ClusterPaths {
  const runDir = join(stateDir, 'run');
  return {
    stateDir,
    clusterFile: join(stateDir, 'cluster.json'),
    kubeconfig: join(stateDir, 'kubeconfig'),
    pkiDir: join(stateDir, 'pki'),
    etcdDir: join(stateDir, 'etcd'),
    logsDir: join(stateDir, 'logs'),
    runDir,
    socket: join(runDir, 'supervisor.sock'),
    lockFile: join(stateDir, 'lock'),
    nodesDir: join(stateDir, 'nodes'),
  };
}

/** The files of one node: `kubelet` is its root directory, `cni` its network configuration. */
export function nodePaths(paths: ClusterPaths, node: string): { dir: string; kubeletDir: string; cniConfDir: string } {
  const dir = join(paths.nodesDir, node);
  return { dir, kubeletDir: join(dir, 'kubelet'), cniConfDir: join(dir, 'cni/net.d') };
}

/** What a process of the cluster prints: `kubelet/node1` into kubelet-node1.log. */
export function logFilePath(paths: ClusterPaths, name: string): string {
  return join(paths.logsDir, `${name.replace('/', '-')}.log`);
}
