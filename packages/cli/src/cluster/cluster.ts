import { mkdir, readFile } from 'node:fs/promises';
import { writeFileAtomically } from '@kubelab/runtime';
import type { ClusterPaths } from './cluster-paths.js';

export type ProxyMode = 'nftables' | 'iptables';

export interface ClusterNode {
  readonly name: string;
  /** On the cluster's network; the same for the node's whole life. */
  readonly address: string;
  /** Switched off by `node stop`. */
  readonly stopped: boolean;
}

/** Nodes that only pretend, all of one process. */
export interface HollowNodes {
  readonly count: number;
  /** Flags of the process, by name without the dashes. */
  readonly settings: Readonly<Record<string, string>>;
}

/** An etcd of the user's, instead of one of the cluster's own. */
export interface ExternalEtcd {
  readonly servers: readonly string[];
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Before all the cluster's keys there: `/kubelab/NAME` unless the user has chosen another. */
  readonly prefix?: string;
}

/** Ports on 127.0.0.1 of the machine; several clusters side by side need each their own. */
export interface ClusterPorts {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly etcdMetrics: number;
  readonly apiserverMetrics: number;
  readonly schedulerMetrics: number;
  readonly controllerManagerMetrics: number;
}

export interface ClusterNetwork {
  readonly subnet: string;
  /** The machine's own address there, at which the apiserver listens. */
  readonly gateway: string;
}

/**
 * What a cluster is meant to be: cluster.json. The commands write it, the
 * supervisor makes it so.
 */
export interface Cluster {
  readonly version: 1;
  readonly name: string;
  readonly proxyMode: ProxyMode;
  readonly externalEtcd?: ExternalEtcd;
  /** Flags that the user adds, by component: they come after ours, and the last of two wins. */
  readonly extraFlags?: Readonly<Record<string, readonly string[]>>;
  readonly ports: ClusterPorts;
  readonly network: ClusterNetwork;
  readonly nodes: readonly ClusterNode[];
  readonly hollow?: HollowNodes;
}

/** What makes an object on the engine a cluster's own. */
export const CLUSTER_LABEL = 'kubelab.cluster';
export const NODE_LABEL = 'kubelab.node';
export const ROLE_LABEL = 'kubelab.role';
export const STATE_DIR_LABEL = 'kubelab.state-dir';

/** Undefined where there is none. Rejects on one that cannot be read. */
export async function readCluster(paths: ClusterPaths): Promise<Cluster | undefined> {
  let text: string;
  try {
    text = await readFile(paths.clusterFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const cluster = JSON.parse(text) as Cluster;
  if (cluster.version !== 1) throw new Error(`${paths.clusterFile} is of another version of kubelab`);
  return cluster;
}

export async function writeCluster(paths: ClusterPaths, cluster: Cluster): Promise<void> {
  await mkdir(paths.stateDir, { recursive: true, mode: 0o700 });
  await writeFileAtomically(paths.clusterFile, `${JSON.stringify(cluster, null, 2)}\n`, 0o600);
}
