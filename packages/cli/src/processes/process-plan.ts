import { join } from 'node:path';
import { nodeCertificateNames } from '../cluster/certificates-plan.js';
import type { Cluster, ClusterNode, ExternalEtcd, HollowNodes } from '../cluster/cluster.js';
import { type ClusterPaths, nodePaths } from '../cluster/cluster-paths.js';
import { PAUSE_IMAGE } from '../cluster/node-container.js';

/** One process of the cluster: what to run, where, and how to ask whether it is ready. */
export interface ProcessSpecification {
  /** `apiserver`, `kubelet/node1` */
  readonly name: string;
  readonly component: string;
  /** The node whose network namespace it runs in; absent: the machine's. */
  readonly node?: string;
  readonly command: string;
  /** Of the component's bundle and its flags. `{container}` stands for the id of the node's container. */
  readonly args: readonly string[];
  /** Where it serves, for people. */
  readonly address: string;
  /** Answers 200 once the process is ready. */
  readonly readyUrl: string;
  /**
   * At the cluster's start it waits until these begin to answer, ready or not: by
   * the time that it has loaded its own code, they are.
   */
  readonly after: readonly string[];
}

export interface PlanOptions {
  readonly cluster: Cluster;
  readonly paths: ClusterPaths;
  /** The directory of the bundles. */
  readonly binDir: string;
  /** The Node to run them with. */
  readonly nodePath: string;
}

export const SERVICE_CIDR = '10.96.0.0/12';
export const CLUSTER_CIDR = '10.244.0.0/16';
const SECURE_PORT = 6443;
const GRPC_PORT = 6444;
const KUBELET_PORT = 10250;
const KUBELET_METRICS_PORT = 10248;
const PROXY_METRICS_PORT = 10249;
const PROXY_HEALTHZ_PORT = 10256;
const HOLLOW_PORT = 10350;
const HOLLOW_METRICS_PORT = 10348;

/**
 * The identity is the same over restarts: one that was killed leads again at
 * once. Nobody else waits to lead, so that one that a busy machine keeps from
 * renewing for a while may go on, instead of beginning anew.
 */
const LEADER_ELECTION = [
  '--leader-elect=true',
  '--leader-elect-identity=supervised',
  '--leader-elect-lease-duration=60s',
  '--leader-elect-renew-deadline=40s',
];
const PLACEHOLDER = '{container}';

/** Where kubectl and the other clients of REST go. */
export function apiserverUrl(cluster: Cluster): string {
  return `https://${cluster.network.gateway}:${SECURE_PORT}`;
}

/** Where gRPC clients go, HOST:PORT. */
export function grpcAddress(cluster: Cluster): string {
  return `${cluster.network.gateway}:${GRPC_PORT}`;
}

/** Every process that is to run: those of the control plane, then those of each node that is not switched off. */
export function planProcesses(options: PlanOptions): ProcessSpecification[] {
  const nodes = options.cluster.nodes.filter((node) => !node.stopped);
  return [
    ...(options.cluster.externalEtcd ? [] : [etcd(options)]),
    apiserver(options),
    scheduler(options),
    controllerManager(options),
    ...nodes.flatMap((node) => [kubelet(options, node), proxy(options, node)]),
    ...(options.cluster.hollow ? [hollow(options, options.cluster.hollow)] : []),
  ];
}

/** The arguments with the id of the node's container in its place. */
export function resolveArgs(args: readonly string[], containerId: string): string[] {
  return args.map((argument) => argument.replace(PLACEHOLDER, containerId));
}

function etcd({ cluster, paths }: PlanOptions): ProcessSpecification {
  const { etcdClient, etcdPeer, etcdMetrics } = cluster.ports;
  const client = `https://127.0.0.1:${etcdClient}`;
  const peer = `https://127.0.0.1:${etcdPeer}`;
  const pki = (file: string): string => join(paths.pkiDir, file);
  return {
    name: 'etcd',
    component: 'etcd',
    command: 'etcd',
    args: [
      '--name=kubelab',
      `--data-dir=${paths.etcdDir}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=kubelab=${peer}`,
      `--listen-metrics-urls=http://127.0.0.1:${etcdMetrics}`,
      `--trusted-ca-file=${pki('etcd-ca.crt')}`,
      `--cert-file=${pki('etcd-server.crt')}`,
      `--key-file=${pki('etcd-server.key')}`,
      '--client-cert-auth',
      `--peer-trusted-ca-file=${pki('etcd-ca.crt')}`,
      `--peer-cert-file=${pki('etcd-server.crt')}`,
      `--peer-key-file=${pki('etcd-server.key')}`,
      '--peer-client-cert-auth',
      // A member that is alone need not wait a second to elect itself.
      '--heartbeat-interval=20',
      '--election-timeout=100',
      // The default of 100,000 keeps as many entries in memory.
      '--snapshot-count=10000',
      `--quota-backend-bytes=${8 * 2 ** 30}`,
      '--logger=zap',
      '--log-level=warn',
    ],
    address: client,
    readyUrl: `http://127.0.0.1:${etcdMetrics}/health`,
    after: [],
  };
}

function apiserver(options: PlanOptions): ProcessSpecification {
  const { cluster, paths } = options;
  const { gateway } = cluster.network;
  const pki = (file: string): string => join(paths.pkiDir, file);
  return {
    ...component(options, 'apiserver', `127.0.0.1:${cluster.ports.apiserverMetrics}`, [
      ...etcdFlags(options),
      `--bind-address=${gateway}`,
      `--secure-port=${SECURE_PORT}`,
      `--grpc-port=${GRPC_PORT}`,
      `--advertise-address=${gateway}`,
      `--tls-cert-file=${pki('apiserver.crt')}`,
      `--tls-key-file=${pki('apiserver.key')}`,
      `--client-ca-file=${pki('ca.crt')}`,
      `--kubelet-client-cert-file=${pki('apiserver-kubelet-client.crt')}`,
      `--kubelet-client-key-file=${pki('apiserver-kubelet-client.key')}`,
      `--service-account-signing-key-file=${pki('sa.key')}`,
      `--service-account-key-file=${pki('sa.pub')}`,
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
    ]),
    address: apiserverUrl(cluster),
    after: cluster.externalEtcd ? [] : ['etcd'],
  };
}

function etcdFlags({ cluster, paths }: PlanOptions): string[] {
  const external: ExternalEtcd = cluster.externalEtcd ?? {
    servers: [`https://127.0.0.1:${cluster.ports.etcdClient}`],
    caFile: join(paths.pkiDir, 'etcd-ca.crt'),
    certFile: join(paths.pkiDir, 'etcd-client.crt'),
    keyFile: join(paths.pkiDir, 'etcd-client.key'),
  };
  return [
    `--etcd-servers=${external.servers.join(',')}`,
    ...(external.caFile ? [`--etcd-ca-file=${external.caFile}`] : []),
    ...(external.certFile ? [`--etcd-cert-file=${external.certFile}`] : []),
    ...(external.keyFile ? [`--etcd-key-file=${external.keyFile}`] : []),
    ...(external.prefix ? [`--etcd-prefix=${external.prefix}`] : []),
  ];
}

function scheduler(options: PlanOptions): ProcessSpecification {
  return component(options, 'scheduler', `127.0.0.1:${options.cluster.ports.schedulerMetrics}`, [
    ...clientFlags(options, 'scheduler'),
    ...LEADER_ELECTION,
  ]);
}

function controllerManager(options: PlanOptions): ProcessSpecification {
  return component(options, 'controller-manager', `127.0.0.1:${options.cluster.ports.controllerManagerMetrics}`, [
    ...clientFlags(options, 'controller-manager'),
    ...LEADER_ELECTION,
    `--cluster-cidr=${CLUSTER_CIDR}`,
    `--root-ca-file=${join(options.paths.pkiDir, 'ca.crt')}`,
    `--service-account-private-key-file=${join(options.paths.pkiDir, 'sa.key')}`,
  ]);
}

function kubelet(options: PlanOptions, node: ClusterNode): ProcessSpecification {
  const { cluster, paths } = options;
  const names = nodeCertificateNames(node.name);
  const { kubeletDir, cniConfDir } = nodePaths(paths, node.name);
  return {
    ...component(options, 'kubelet', `${node.address}:${KUBELET_METRICS_PORT}`, [
      ...clientFlags(options, names.kubelet),
      `--node-name=${node.name}`,
      `--node-ip=${node.address}`,
      `--cluster-name=${cluster.name}`,
      `--node-container=${PLACEHOLDER}`,
      `--root-dir=${kubeletDir}`,
      `--cni-conf-dir=${cniConfDir}`,
      `--port=${KUBELET_PORT}`,
      `--pause-image=${PAUSE_IMAGE}`,
      `--serving-cert-file=${join(paths.pkiDir, `${names.kubeletServing}.crt`)}`,
      `--serving-key-file=${join(paths.pkiDir, `${names.kubeletServing}.key`)}`,
      `--client-ca-file=${join(paths.pkiDir, 'ca.crt')}`,
      `--network-cert-file=${join(paths.pkiDir, `${names.proxy}.crt`)}`,
      `--network-key-file=${join(paths.pkiDir, `${names.proxy}.key`)}`,
    ]),
    name: `kubelet/${node.name}`,
    node: node.name,
    address: `${node.address}:${KUBELET_PORT}`,
  };
}

/** Where a node's own programs look for kube-proxy too: at `localhost` of its network, which is the node's alone. */
function proxy(options: PlanOptions, node: ClusterNode): ProcessSpecification {
  const { proxyMode } = options.cluster;
  const plan = component(
    options,
    'proxy',
    `${node.address}:${PROXY_METRICS_PORT}`,
    [
      ...clientFlags(options, nodeCertificateNames(node.name).proxy),
      `--node-name=${node.name}`,
      `--proxy-mode=${proxyMode}`,
      `--cluster-cidr=${CLUSTER_CIDR}`,
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      `--healthz-bind-address=0.0.0.0:${PROXY_HEALTHZ_PORT}`,
    ],
    `0.0.0.0:${PROXY_METRICS_PORT}`,
  );
  return { ...plan, name: `proxy/${node.name}`, node: node.name };
}

/** All hollow nodes are one process of the machine's own network, and have its address on the cluster's. */
function hollow(options: PlanOptions, { count, settings }: HollowNodes): ProcessSpecification {
  const { cluster, paths } = options;
  const { gateway } = cluster.network;
  const pki = (file: string): string => join(paths.pkiDir, file);
  const plan = component(options, 'hollow', `${gateway}:${HOLLOW_METRICS_PORT}`, [
    ...clientFlags(options, 'hollow'),
    `--nodes=${count}`,
    `--node-ip=${gateway}`,
    `--port=${HOLLOW_PORT}`,
    `--serving-cert-file=${pki('hollow-serving.crt')}`,
    `--serving-key-file=${pki('hollow-serving.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
  ]);
  return { ...plan, address: `${gateway}:${HOLLOW_PORT}` };
}

function clientFlags({ cluster, paths }: PlanOptions, certificate: string): string[] {
  return [
    `--apiserver=${grpcAddress(cluster)}`,
    `--ca-file=${join(paths.pkiDir, 'ca.crt')}`,
    `--cert-file=${join(paths.pkiDir, `${certificate}.crt`)}`,
    `--key-file=${join(paths.pkiDir, `${certificate}.key`)}`,
  ];
}

/** A component of ours that serves its metrics and health at `metricsAddress`, as `bindAddress` has it listen. */
function component(
  options: PlanOptions,
  name: string,
  metricsAddress: string,
  flags: readonly string[],
  bindAddress = metricsAddress,
): ProcessSpecification {
  const added = options.cluster.extraFlags?.[name] ?? [];
  return {
    name,
    component: name,
    command: options.nodePath,
    // No flags of Node's own: with any, V8 refuses the code cache that Node has of its modules, 40 ms a process.
    args: [join(options.binDir, `${name}.mjs`), `--metrics-address=${bindAddress}`, ...flags, ...added],
    address: metricsAddress,
    readyUrl: `http://${metricsAddress}/readyz`,
    after: ['apiserver'],
  };
}
