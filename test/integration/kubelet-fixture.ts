import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Node, Pod } from '@kubelab/api';
import {
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
  writeKeyPair,
} from '@kubelab/runtime/certificates';
import { type EtcdProcess, ensureImages, IMAGES, startEtcd } from '@kubelab/testing';
import { build } from 'esbuild';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['api', 'client', 'runtime'] as const;

/** One node: a container whose network namespace it is, and a kubelet process in it. */
export interface TestNode {
  readonly name: string;
  readonly ip: string;
  readonly rootDirectory: string;
  readonly kubeletPort: number;
  /** SIGKILL. */
  kill(): Promise<void>;
  start(): void;
  log(): Promise<string>;
}

/** etcd, an apiserver and nodes, all of this test's own. No scheduler, no controllers: pods name their node. */
export interface KubeletCluster {
  readonly name: string;
  readonly api: RunningApiserver;
  readonly etcd: EtcdProcess;
  readonly gateway: string;
  addNode(name: string, flags?: readonly string[]): Promise<TestNode>;
  /** Gives it a podCIDR, as the controller manager does, and waits until it is ready. */
  addReadyNode(name: string, podCidr: string, flags?: readonly string[]): Promise<TestNode>;
  /** A client certificate for the kubelets' own service. */
  readonly kubeletClient: KeyPair;
  kubectl(...args: string[]): Promise<string>;
  /** Creates pods or other things of a namespace: POST to their collection. */
  create(resource: string, ...objects: object[]): Promise<void>;
  pod(name: string): Promise<Pod | undefined>;
  /** Ids of the engine's containers of this cluster, by label filters. */
  containers(...filters: string[]): Promise<string[]>;
  stop(): Promise<void>;
}

/** Resolves with the first value that is not undefined; rejects after the limit, with the last error. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  limitMs = 40_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await delay(100);
  }
  throw new Error(`not within ${limitMs} ms: ${what}`, { cause: last });
}

export async function startKubeletCluster(apiserverFlags: readonly string[] = []): Promise<KubeletCluster> {
  const name = `test-${randomBytes(4).toString('hex')}`;
  await ensureImages(['pause', 'busybox']);
  const directory = await mkdtemp(join(tmpdir(), `kubelab-${name}-`));
  const network = `kubelab-${name}`;
  await run('docker', ['network', 'create', '--label', `kubelab.cluster=${name}`, network]);
  const gateway = await docker('network', 'inspect', '--format', '{{(index .IPAM.Config 0).Gateway}}', network);
  const etcd = await startEtcd();
  const authority = await createCertificateAuthority({ commonName: 'kubelab-ca' });
  const api = await startReachableApiserver(etcd, directory, gateway, authority, apiserverFlags);
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, authority.certificatePem);
  const kubelet = await bundleKubelet();
  const nodes: TestNode[] = [];
  const addNode = async (nodeName: string, flags: readonly string[] = []): Promise<TestNode> => {
    const place = { clusterName: name, network, directory, caFile, gateway, grpcPort: api.grpcPort, kubelet };
    const node = await startNode(place, nodeName, authority, flags);
    nodes.push(node);
    return node;
  };

  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await api.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const containers = async (...filters: string[]): Promise<string[]> => {
    const all = [`label=kubelab.cluster=${name}`, 'label=kubelab.pod.uid', ...filters];
    const ids = await docker('ps', '--all', '--quiet', ...all.flatMap((filter) => ['--filter', filter]));
    return ids.split('\n').filter((id) => id !== '');
  };

  return {
    name,
    api,
    etcd,
    gateway,
    kubectl,
    containers,
    addNode,
    kubeletClient: await issueCertificate(authority, {
      commonName: 'system:apiserver-kubelet-client',
      usages: ['client'],
    }),
    async create(resource, ...objects) {
      const answers = await Promise.all(
        objects.map((body) => api.fetch(`/api/v1/namespaces/default/${resource}`, { method: 'POST', body })),
      );
      const refused = answers.find(({ status }) => status >= 300);
      if (refused) throw new Error(`create ${resource}: ${refused.text}`);
    },
    async pod(podName) {
      const { status, json } = await api.fetch(`/api/v1/namespaces/default/pods/${podName}`);
      return status === 200 ? (json as Pod) : undefined;
    },
    async addReadyNode(nodeName, podCidr, flags = []) {
      const node = await addNode(nodeName, flags);
      const path = `/api/v1/nodes/${nodeName}`;
      await eventually(`${nodeName} is registered`, async () => (await api.fetch(path)).status === 200);
      const body = { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } };
      const headers = { 'content-type': 'application/merge-patch+json' };
      const { status, text } = await api.fetch(path, { method: 'PATCH', headers, body });
      if (status !== 200) throw new Error(`cannot give ${nodeName} its podCIDR: ${text}`);
      await eventually(`${nodeName} is ready`, async () => isReady((await api.fetch(path)).json as Node));
      return node;
    },
    async stop() {
      for (const node of nodes) await node.kill();
      await eventually('the containers are gone', async () => {
        const left = await docker('ps', '--all', '--quiet', '--filter', `label=kubelab.cluster=${name}`);
        const ids = left.split('\n').filter((id) => id !== '');
        // The engine may still be removing what the kubelet asked it to: that one is refused.
        if (ids.length > 0) await run('docker', ['rm', '--force', '--volumes', ...ids]).catch(() => undefined);
        return ids.length === 0;
      });
      await run('docker', ['network', 'rm', network]);
      await api.stop();
      await etcd.stop();
      await unmountBelow(directory);
      await rm(directory, { recursive: true, force: true });
      await rm(kubelet, { force: true });
    },
  };
}

function isReady(node: Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { maxBuffer: 16 * 1024 * 1024 })).stdout.trim();
}

/** At the network's gateway, where the nodes find it. */
async function startReachableApiserver(
  etcd: EtcdProcess,
  directory: string,
  gateway: string,
  authority: KeyPair,
  flags: readonly string[],
): Promise<RunningApiserver> {
  const serving = await issueCertificate(authority, {
    commonName: 'apiserver',
    usages: ['server'],
    dnsNames: ['localhost', 'kubernetes'],
    ipAddresses: ['127.0.0.1', gateway],
  });
  const { certFile, keyFile } = await writeKeyPair(directory, 'reachable', serving);
  const toKubelets = await issueCertificate(authority, {
    commonName: 'system:apiserver-kubelet-client',
    usages: ['client'],
  });
  const kubeletFiles = await writeKeyPair(directory, 'kubelet-client', toKubelets);
  return startApiserver({
    etcd: etcd.endpoint,
    authority,
    flags: [
      `--kubelet-client-cert-file=${kubeletFiles.certFile}`,
      `--kubelet-client-key-file=${kubeletFiles.keyFile}`,
      '--bind-address=0.0.0.0',
      `--advertise-address=${gateway}`,
      `--tls-cert-file=${certFile}`,
      `--tls-key-file=${keyFile}`,
      ...flags,
    ],
  });
}

/** The kubelet's sources as one file beside its dependencies, so that a test cannot pass on a stale build. */
async function bundleKubelet(): Promise<string> {
  const outfile = join(ROOT, `packages/kubelet/node_modules/.cache/kubelet-${process.pid}.mjs`);
  await build({
    entryPoints: [join(ROOT, 'packages/kubelet/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: Object.fromEntries(PACKAGES.map((one) => [`@kubelab/${one}`, join(ROOT, `packages/${one}/src/index.ts`)])),
    logLevel: 'error',
  });
  return outfile;
}

interface Place {
  readonly clusterName: string;
  readonly network: string;
  readonly directory: string;
  readonly caFile: string;
  readonly gateway: string;
  readonly grpcPort: number;
  readonly kubelet: string;
}

const KUBELET_PORT = 10250;

async function startNode(place: Place, name: string, authority: KeyPair, flags: readonly string[]): Promise<TestNode> {
  const { clusterName, network, directory } = place;
  const labels = [`kubelab.cluster=${clusterName}`, 'kubelab.role=node'].flatMap((label) => ['--label', label]);
  const container = await docker('run', '--detach', '--network', network, ...labels, IMAGES.pause);
  const [pid = '', ip = ''] = (
    await docker(
      'inspect',
      '--format',
      `{{.State.Pid}} {{(index .NetworkSettings.Networks "${network}").IPAddress}}`,
      container,
    )
  ).split(' ');
  const home = join(directory, name);
  await mkdir(home, { recursive: true });
  const client = await issueCertificate(authority, {
    commonName: `system:node:${name}`,
    organizations: ['system:nodes'],
    usages: ['client'],
  });
  const serving = await issueCertificate(authority, { commonName: name, usages: ['server'], ipAddresses: [ip] });
  const clientFiles = await writeKeyPair(home, 'client', client);
  const servingFiles = await writeKeyPair(home, 'serving', serving);
  const networkIdentity = await issueCertificate(authority, { commonName: 'system:kube-proxy', usages: ['client'] });
  const networkFiles = await writeKeyPair(home, 'network', networkIdentity);
  const rootDirectory = join(home, 'root');
  const logFile = join(home, 'kubelet.log');
  const args = [
    `--target=${pid}`,
    '--net',
    '--',
    process.execPath,
    place.kubelet,
    `--apiserver=${place.gateway}:${place.grpcPort}`,
    `--ca-file=${place.caFile}`,
    `--cert-file=${clientFiles.certFile}`,
    `--key-file=${clientFiles.keyFile}`,
    `--client-ca-file=${place.caFile}`,
    `--serving-cert-file=${servingFiles.certFile}`,
    `--serving-key-file=${servingFiles.keyFile}`,
    `--network-cert-file=${networkFiles.certFile}`,
    `--network-key-file=${networkFiles.keyFile}`,
    `--node-name=${name}`,
    `--node-ip=${ip}`,
    `--cluster-name=${clusterName}`,
    `--root-dir=${rootDirectory}`,
    `--cni-conf-dir=${join(home, 'cni')}`,
    `--node-container=${container}`,
    `--port=${KUBELET_PORT}`,
    '--log-level=debug',
    ...flags,
  ];
  let child: ChildProcess | undefined;
  const start = (): void => {
    const log = openSync(logFile, 'a');
    const env = { ...process.env, KUBELAB_PROTO_DIR: join(ROOT, 'proto') };
    child = spawn('nsenter', args, { stdio: ['ignore', log, log], env });
    closeSync(log);
  };
  start();
  return {
    name,
    ip,
    rootDirectory,
    kubeletPort: KUBELET_PORT,
    start,
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    log: () => readFile(logFile, 'utf8').catch(() => ''),
  };
}

async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((path) => path.startsWith(`${directory}/`)).reverse()) await run('umount', [mount]);
}
