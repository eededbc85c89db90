import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTlsMaterial, type TlsMaterial } from '@kubelab/runtime';
import { runKubelab } from './kubelab-command.js';
import { createRestClient, type RestClient } from './rest-client.js';

export interface BenchClusterOptions {
  /** Default 1. */
  readonly nodes?: number;
  /** Default nftables. */
  readonly proxyMode?: 'nftables' | 'iptables';
  /** `COMPONENT.FLAG=VALUE`, as `kubelab up --extra-config` takes them. */
  readonly extraConfig?: readonly string[];
}

/** A process of the cluster, as `kubelab status` tells it. */
export interface ClusterProcess {
  /** `etcd`, `apiserver`, `kubelet` */
  readonly component: string;
  readonly node?: string;
  readonly pid: number;
  /** Where it serves; of the scheduler: its metrics, HOST:PORT. */
  readonly address: string;
}

/** A cluster that is up. */
export interface BenchCluster {
  readonly name: string;
  readonly client: RestClient;
  /** The machine's address on the cluster's network. */
  readonly gateway: string;
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
  readonly kubeconfig: string;
  /** What the client shows the apiserver, for a client of one's own. */
  readonly adminTls: TlsMaterial;
  /** What the apiserver shows its clients, for a server to be compared with it. */
  serverTls(): Promise<TlsMaterial>;
  /** etcd's `https://…` and what it wants to be shown. */
  etcd(): Promise<{ readonly url: string; readonly tls: TlsMaterial }>;
  processes(): Promise<ClusterProcess[]>;
}

/** The parts of cluster.json that are read here. */
interface ClusterFile {
  readonly network: { readonly gateway: string };
  readonly ports: { readonly etcdClient: number };
  readonly nodes: readonly { readonly name: string; readonly address: string }[];
}

const SECURE_PORT = 6443;
/** Where kubelab's apiserver serves gRPC unless it is told otherwise. */
export const GRPC_PORT = 6444;

/** A cluster of this name that has been brought up. Opens no connection yet. */
export async function openCluster(name: string, signal: AbortSignal): Promise<BenchCluster> {
  const kubeconfig = (await runKubelab(['kubeconfig', '--name', name], { signal })).trim();
  const stateDir = dirname(kubeconfig);
  const file = JSON.parse(await readFile(join(stateDir, 'cluster.json'), 'utf8')) as ClusterFile;
  const tls = (authority: string, pair: string): Promise<TlsMaterial> => {
    const pki = (path: string): string => join(stateDir, 'pki', path);
    return readTlsMaterial({
      caFile: pki(`${authority}.crt`),
      certFile: pki(`${pair}.crt`),
      keyFile: pki(`${pair}.key`),
    });
  };
  const { gateway } = file.network;
  const adminTls = await tls('ca', 'admin');
  return {
    name,
    kubeconfig,
    gateway,
    nodes: file.nodes,
    client: createRestClient(`https://${gateway}:${SECURE_PORT}`, adminTls),
    adminTls,
    serverTls: () => tls('ca', 'apiserver'),
    etcd: async () => ({
      url: `https://127.0.0.1:${file.ports.etcdClient}`,
      tls: await tls('etcd-ca', 'etcd-client'),
    }),
    async processes() {
      const output = await runKubelab(['status', '--name', name, '-o', 'json'], { signal });
      const { components } = JSON.parse(output) as { components: (Omit<ClusterProcess, 'pid'> & { pid?: number })[] };
      return components.flatMap(({ pid, ...rest }) => (pid === undefined ? [] : [{ ...rest, pid }]));
    },
  };
}
