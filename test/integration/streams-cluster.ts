import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CertificateOptions,
  createCertificateAuthority,
  issueCertificate,
  writeKeyPair,
} from '@kubelab/runtime/certificates';
import { type EtcdProcess, kubectlOf, startEtcd } from '@kubelab/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { type RunningApiserver, startApiserver } from './apiserver-fixture.js';
import { type FakeKubelet, startFakeKubelet } from './streams-fake-kubelet.js';

/** Speaks SPDY, for it knows nothing else, as Debian's does. */
export const KUBECTL_SPDY = kubectlOf('1.27');
/** Speaks WebSocket. */
export const KUBECTL_WEBSOCKET = kubectlOf('1.33');

export interface Output {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly code: number;
}

/** A real apiserver on a real etcd, and one node whose kubelet is a fake one. */
export interface StreamsCluster {
  readonly server: RunningApiserver;
  readonly kubelet: FakeKubelet;
  /** For @kubernetes/client-node. */
  readonly kubeConfig: KubeConfig;
  /** Makes a pod with these containers on the node, or on none. Returns its path. */
  addPod(name: string, containers: readonly string[], nodeName?: string): Promise<string>;
  addNode(name: string, port: number): Promise<void>;
  /** Another kubelet, signed by the cluster's authority. */
  startKubelet(identity: Pick<CertificateOptions, 'commonName' | 'ipAddresses'>): Promise<FakeKubelet>;
  kubectl(binary: string, args: readonly string[], stdin?: Buffer | string): Promise<Output>;
  /** One that goes on until it is killed. */
  spawnKubectl(binary: string, args: readonly string[]): ChildProcessWithoutNullStreams;
  stop(): Promise<void>;
}

const NODE = 'node-1';

export async function startStreamsCluster(): Promise<StreamsCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'kubelab-streams-'));
  const etcd: EtcdProcess = await startEtcd();
  const authority = await createCertificateAuthority({ commonName: 'kubelab-ca' });
  const client = await issueCertificate(authority, {
    commonName: 'system:apiserver-kubelet-client',
    usages: ['client'],
  });
  const { certFile, keyFile } = await writeKeyPair(directory, 'kubelet-client', client);
  const flags = [`--kubelet-client-cert-file=${certFile}`, `--kubelet-client-key-file=${keyFile}`];
  const server = await startApiserver({ etcd: etcd.endpoint, authority, flags, name: 'streams' });
  const kubelets: FakeKubelet[] = [];

  async function startKubelet(identity: Pick<CertificateOptions, 'commonName' | 'ipAddresses'>) {
    const kubelet = await startFakeKubelet(authority, identity);
    kubelets.push(kubelet);
    return kubelet;
  }

  async function create(path: string, body: object): Promise<void> {
    const answer = await server.fetch(path, { method: 'POST', body });
    if (answer.status !== 201) throw new Error(answer.text);
  }

  async function addNode(name: string, port: number): Promise<void> {
    await create('/api/v1/nodes', { metadata: { name } });
    const status = {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    };
    const headers = { 'content-type': 'application/merge-patch+json' };
    const answer = await server.fetch(`/api/v1/nodes/${name}/status`, { method: 'PATCH', headers, body: { status } });
    if (answer.status !== 200) throw new Error(answer.text);
  }

  const kubelet = await startKubelet({ commonName: `system:node:${NODE}` });
  await addNode(NODE, kubelet.port);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const kubectlArguments = (args: readonly string[]) => ['--kubeconfig', server.kubeconfig, ...args];
  const environment = { ...process.env, HOME: directory };

  return {
    server,
    kubelet,
    kubeConfig,
    addNode,
    startKubelet,
    async addPod(name, containers, nodeName = NODE) {
      const spec = {
        ...(nodeName === '' ? {} : { nodeName }),
        containers: containers.map((container) => ({ name: container, image: 'none' })),
      };
      await create('/api/v1/namespaces/default/pods', { metadata: { name }, spec });
      const headers = { 'content-type': 'application/merge-patch+json' };
      const path = `/api/v1/namespaces/default/pods/${name}`;
      // kubectl forwards ports to running pods only.
      const body = { status: { phase: 'Running' } };
      const answer = await server.fetch(`${path}/status`, { method: 'PATCH', headers, body });
      if (answer.status !== 200) throw new Error(answer.text);
      return path;
    },
    kubectl(binary, args, stdin = '') {
      return new Promise((resolve) => {
        const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024, env: environment } as const;
        const child = execFile(binary, kubectlArguments(args), options, (error, stdout, stderr) => {
          resolve({ stdout, stderr: stderr.toString(), code: error ? Number(error.code ?? 1) : 0 });
        });
        child.stdin?.on('error', () => undefined);
        child.stdin?.end(stdin);
      });
    },
    spawnKubectl: (binary, args) => spawn(binary, kubectlArguments(args), { env: environment, stdio: 'pipe' }),
    async stop() {
      await server.stop();
      await Promise.all(kubelets.map((each) => each.stop()));
      await etcd.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
