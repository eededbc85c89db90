import { mkdir } from 'node:fs/promises';
import { planCertificates } from '../cluster/certificates-plan.js';
import type { Cluster } from '../cluster/cluster.js';
import { clusterPaths, nodePaths } from '../cluster/cluster-paths.js';
import { prepareCertificates } from '../cluster/prepare-cluster.js';
import { CommandError, say } from './command-context.js';

/** A cluster whose addresses somebody else decides on, such as a compose file. */
export interface FixedCluster {
  readonly stateDir: string;
  readonly clusterName: string;
  /** Where the apiserver listens. */
  readonly apiserverIp: string;
  /** `NAME=ADDRESS` */
  readonly nodes: readonly string[];
}

/** Makes the certificates and the kubeconfig of such a cluster in a directory that its machines share. Idempotent. */
export async function prepare(fixed: FixedCluster): Promise<void> {
  const paths = clusterPaths(fixed.stateDir);
  const cluster = describeFixedCluster(fixed);
  await mkdir(paths.stateDir, { recursive: true, mode: 0o700 });
  await prepareCertificates(paths, cluster, planCertificates(cluster, ['etcd', 'apiserver']));
  for (const node of cluster.nodes) await mkdir(nodePaths(paths, node.name).dir, { recursive: true, mode: 0o700 });
  say(`certificates in ${paths.pkiDir}, kubeconfig in ${paths.kubeconfig}`);
}

/** Its ports are never used: nothing of it runs on the machine itself. */
export function describeFixedCluster({ clusterName, apiserverIp, nodes }: FixedCluster): Cluster {
  return {
    version: 1,
    name: clusterName,
    proxyMode: 'nftables',
    ports: {
      etcdClient: 0,
      etcdPeer: 0,
      etcdMetrics: 0,
      apiserverMetrics: 0,
      schedulerMetrics: 0,
      controllerManagerMetrics: 0,
    },
    network: { subnet: `${apiserverIp}/32`, gateway: apiserverIp },
    nodes: nodes.map((node) => {
      const [name = '', address = ''] = node.split('=');
      if (name === '' || address === '') throw new CommandError(`"${node}" is not NAME=ADDRESS`);
      return { name, address, stopped: false };
    }),
  };
}
