import { mkdir } from 'node:fs/promises';
import { writeFileAtomically } from '@kubelab/runtime';
import type { Engine } from '../engine/engine.js';
import { livePidFiles } from '../processes/pid-file.js';
import { apiserverUrl } from '../processes/process-plan.js';
import { planCertificates, type WantedCertificate } from './certificates-plan.js';
import {
  type Cluster,
  type ClusterNetwork,
  type ClusterNode,
  type ClusterPorts,
  type ExternalEtcd,
  type HollowNodes,
  type ProxyMode,
  readCluster,
  writeCluster,
} from './cluster.js';
import type { ClusterPaths } from './cluster-paths.js';
import { freePorts, isPortFree } from './free-ports.js';
import { formatKubeconfig } from './kubeconfig.js';
import { ensureNetwork } from './network.js';
import { freeNodeAddresses, freeNodeNames } from './node-addresses.js';
import { ensurePki, readKeyPair } from './pki.js';
import { ensureTokenKey } from './token-key.js';

/** What `up` was asked for. What is absent stays as it is, or has its default. */
export interface ClusterRequest {
  readonly name: string;
  readonly nodes?: number | undefined;
  readonly proxyMode?: ProxyMode | undefined;
  readonly externalEtcd?: ExternalEtcd | undefined;
  readonly extraFlags?: Cluster['extraFlags'] | undefined;
  readonly hollow?: HollowNodes | undefined;
}

const DEFAULT_NODES = 3;

/** Makes the network and decides on names, addresses and ports; writes cluster.json. Idempotent. */
export async function prepareCluster(engine: Engine, paths: ClusterPaths, request: ClusterRequest): Promise<Cluster> {
  const present = await readCluster(paths);
  if (present && present.name !== request.name) {
    throw new Error(`${paths.stateDir} is the state of another cluster, ${present.name}`);
  }
  const wantedNodes = request.nodes ?? Math.max(present?.nodes.length ?? 0, present ? 0 : DEFAULT_NODES);
  if (present && wantedNodes < present.nodes.length) {
    throw new Error(`the cluster has ${present.nodes.length} nodes; \`kubelab node remove NAME\` takes one away`);
  }
  const owner = { name: request.name, stateDir: paths.stateDir };
  const network = await ensureNetwork(engine, owner, present?.network.subnet);
  const externalEtcd = request.externalEtcd
    ? { prefix: `/kubelab/${request.name}`, ...request.externalEtcd }
    : present?.externalEtcd;
  const extraFlags = request.extraFlags ?? present?.extraFlags;
  const hollow = request.hollow ?? present?.hollow;
  const cluster: Cluster = {
    version: 1,
    name: request.name,
    proxyMode: request.proxyMode ?? present?.proxyMode ?? 'nftables',
    ...(externalEtcd ? { externalEtcd } : {}),
    ...(extraFlags ? { extraFlags } : {}),
    ...(hollow ? { hollow } : {}),
    network,
    ports: await choosePorts(present?.ports, livePidFiles(paths.runDir).length > 0),
    nodes: growNodes(network, keepAddresses(present, network), wantedNodes),
  };
  await writeCluster(paths, cluster);
  return cluster;
}

/** Makes the certificates and the administrator's kubeconfig that the cluster needs. Idempotent. */
export async function prepareCertificates(
  paths: ClusterPaths,
  cluster: Cluster,
  certificates: readonly WantedCertificate[] = planCertificates(cluster),
): Promise<void> {
  await mkdir(paths.nodesDir, { recursive: true, mode: 0o700 });
  await Promise.all([ensurePki(paths.pkiDir, certificates), ensureTokenKey(paths.pkiDir)]);
  const [authority, admin] = await Promise.all([readKeyPair(paths.pkiDir, 'ca'), readKeyPair(paths.pkiDir, 'admin')]);
  if (!authority || !admin) throw new Error(`${paths.pkiDir} is not complete`);
  const kubeconfig = formatKubeconfig({
    cluster: cluster.name,
    server: apiserverUrl(cluster),
    caPem: authority.certificatePem,
    ...admin,
  });
  await writeFileAtomically(paths.kubeconfig, kubeconfig, 0o600);
}

/** The nodes with `count` in all; the new ones have the lowest free names and addresses. */
export function growNodes(
  network: ClusterNetwork,
  nodes: readonly ClusterNode[],
  count: number,
): readonly ClusterNode[] {
  const missing = Math.max(0, count - nodes.length);
  const names = freeNodeNames(nodes, missing);
  const addresses = freeNodeAddresses(network, nodes, missing);
  return [...nodes, ...names.map((name, index) => ({ name, address: addresses[index] ?? '', stopped: false }))];
}

/** A network that could not have its old subnet gives its nodes new addresses. */
function keepAddresses(present: Cluster | undefined, network: ClusterNetwork): readonly ClusterNode[] {
  const nodes = present?.nodes ?? [];
  if (present?.network.subnet === network.subnet) return nodes;
  const addresses = freeNodeAddresses(network, [], nodes.length);
  return nodes.map((node, index) => ({ ...node, address: addresses[index] ?? '' }));
}

/** The ports it had, unless somebody else has taken one of them since. */
async function choosePorts(present: ClusterPorts | undefined, running: boolean): Promise<ClusterPorts> {
  if (present && (running || (await Promise.all(Object.values(present).map(isPortFree))).every(Boolean))) {
    return present;
  }
  const ports = await freePorts(6);
  const port = (): number => ports.pop() ?? 0;
  return {
    etcdClient: port(),
    etcdPeer: port(),
    etcdMetrics: port(),
    apiserverMetrics: port(),
    schedulerMetrics: port(),
    controllerManagerMetrics: port(),
  };
}
