import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ContainerPort, Node } from '@kubelab/api';
import type { Cached } from '@kubelab/client';
import { ensureImages, IMAGES } from '@kubelab/testing';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PodNetworkMode } from '../../packages/kubelet/src/network/node-route-plan.js';
import type { ReadonlyPod } from '../../packages/kubelet/src/pod.js';
import type { AgentAnswer, AgentOptions, AgentRequest } from './pod-network-agent.js';

const run = promisify(execFile);
const top = fileURLToPath(new URL('../../', import.meta.url));
const label = `kubelab-pod-network-${randomUUID().slice(0, 8)}`;
const CNI_BIN_DIR = '/usr/lib/cni';
const PORT = 8080;

let directory: string;
let agentFile: string;
let gateway: string;
const children = new Set<ChildProcess>();

interface Container {
  readonly id: string;
  readonly pid: number;
}

async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args)).stdout.trim();
}

async function startContainer(...args: string[]): Promise<Container> {
  const id = await docker('run', '-d', `--label=${label}`, ...args, IMAGES.pause);
  return { id, pid: Number(await docker('inspect', '-f={{.State.Pid}}', id)) };
}

async function inNamespace(pid: number, ...command: string[]): Promise<string> {
  return (await run('nsenter', [`--net=/proc/${pid}/ns/net`, '--', ...command])).stdout;
}

async function eventually<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await delay(50);
  }
}

/** One node: a container for its namespace and an agent in it. */
class TestNode {
  #agent: ChildProcess | undefined;
  #lastId = 0;

  private constructor(
    readonly name: string,
    readonly podCidr: string,
    readonly mode: PodNetworkMode,
    readonly container: Container,
    readonly ip: string,
  ) {}

  static async start(name: string, podCidr: string, mode: PodNetworkMode): Promise<TestNode> {
    const container = await startContainer(
      `--network=${label}`,
      '--cap-add=NET_ADMIN',
      '--sysctl=net.ipv4.ip_forward=1',
    );
    const ip = await docker('inspect', '-f={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', container.id);
    const node = new TestNode(name, podCidr, mode, container, ip);
    // As Docker does to the machine's own namespace.
    await inNamespace(container.pid, 'iptables', '-P', 'FORWARD', 'DROP');
    await node.startAgent();
    return node;
  }

  get root(): string {
    return join(directory, this.mode, this.name);
  }
  get confDir(): string {
    return join(this.root, 'net.d');
  }
  get leases(): Promise<string[]> {
    return readdir(join(this.root, 'cni/networks/kubelab')).then((names) =>
      names.filter((name) => /^\d+\./.test(name)).sort(),
    );
  }

  get object(): Cached<Node> {
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: this.name, uid: this.name, resourceVersion: '1', creationTimestamp: '2025-01-01T00:00:00Z' },
      spec: { podCIDR: this.podCidr, podCIDRs: [this.podCidr] },
      status: { addresses: [{ type: 'InternalIP', address: this.ip }] },
    };
  }

  async startAgent(): Promise<void> {
    const options: AgentOptions = {
      nodeName: this.name,
      nodeIp: this.ip,
      rootDirectory: this.root,
      cniBinDir: CNI_BIN_DIR,
      cniConfDir: this.confDir,
      mode: this.mode,
    };
    const enter = [`--net=/proc/${this.container.pid}/ns/net`, '--', process.execPath, agentFile];
    const agent = spawn('nsenter', [...enter, JSON.stringify(options)], { stdio: ['ignore', 2, 2, 'ipc'] });
    children.add(agent);
    this.#agent = agent;
    await once(agent, 'message');
  }

  async killAgent(): Promise<void> {
    if (!this.#agent) return;
    this.#agent.kill('SIGKILL');
    await once(this.#agent, 'exit');
    children.delete(this.#agent);
  }

  async ask<T>(request: AgentRequest): Promise<T> {
    const agent = this.#agent;
    if (!agent) throw new Error('there is no agent');
    const id = ++this.#lastId;
    return await new Promise((resolve, reject) => {
      const listen = (answer: AgentAnswer) => {
        if (answer.id !== id) return;
        agent.off('message', listen);
        if (answer.error === undefined) resolve(answer.value as T);
        else reject(new Error(answer.error));
      };
      agent.on('message', listen);
      agent.send({ id, request });
    });
  }

  async ready(nodes: readonly TestNode[]): Promise<void> {
    await this.ask({ call: 'nodes', nodes: nodes.map(({ object }) => object) });
    await eventually('a CNI configuration', async () =>
      (await this.ask({ call: 'notReadyReason' })) === null ? true : undefined,
    );
    for (const other of nodes.filter((each) => each !== this)) await this.routeTo(other, true);
  }

  async routeTo(other: TestNode, wanted: boolean): Promise<void> {
    await eventually(`route from ${this.name} to ${other.name}: ${wanted}`, async () => {
      const routes = await inNamespace(this.container.pid, 'ip', 'route', 'show', other.podCidr);
      return (routes !== '') === wanted ? true : undefined;
    });
  }

  async attach(pod: ReadonlyPod, container: Container): Promise<string> {
    const sandbox = { containerId: container.id, pid: container.pid };
    const [ip = ''] = await this.ask<string[]>({ call: 'setUp', pod, sandbox });
    return ip;
  }

  async detach({ id, pid }: Container): Promise<void> {
    await this.ask({ call: 'tearDown', sandbox: { containerId: id, pid } });
  }
}

interface TestPod extends Container {
  readonly node: TestNode;
  readonly ip: string;
}

function podObject(name: string, ports: ContainerPort[] = []): ReadonlyPod {
  const metadata = { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'main', ports }] } };
}

/** A pod whose every connection to PORT is answered with the address that it comes from. */
async function startPod(node: TestNode, name: string, ports?: ContainerPort[]): Promise<TestPod> {
  const container = await startContainer('--network=none');
  const ip = await node.attach(podObject(name, ports), container);
  const server = `require('net').createServer((socket) => socket.end(socket.remoteAddress)).listen(${PORT}, '0.0.0.0', () => console.log('ready'))`;
  const child = spawn('nsenter', [`--net=/proc/${container.pid}/ns/net`, '--', process.execPath, '-e', server], {
    stdio: ['ignore', 'pipe', 2],
  });
  children.add(child);
  await once(child.stdout as Readable, 'data');
  return { ...container, node, ip };
}

/** What a server answers to a connection from a network namespace: the client's address as it sees it. */
async function connectFrom(pid: number, address: string, port = PORT): Promise<string> {
  const client = `require('net').connect({ host: '${address}', port: ${port}, timeout: 5000 }).on('timeout', () => process.exit(2)).on('error', (error) => { console.error(error.message); process.exit(1) }).pipe(process.stdout)`;
  return await inNamespace(pid, process.execPath, '-e', client);
}

async function buildAgent(): Promise<void> {
  agentFile = join(top, 'node_modules', '.cache', label, 'agent.mjs');
  const alias = Object.fromEntries(
    ['api', 'runtime', 'client'].map((name) => [`@kubelab/${name}`, join(top, 'packages', name, 'src/index.ts')]),
  );
  await build({
    entryPoints: [join(top, 'test/integration/pod-network-agent.ts')],
    outfile: agentFile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias,
  });
}

describe.skipIf(process.getuid?.() !== 0)('pod network', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubelab-pod-network-'));
    await Promise.all([ensureImages(['pause']), buildAgent()]);
    await docker('network', 'create', `--label=${label}`, label);
    gateway = await docker('network', 'inspect', '-f={{(index .IPAM.Config 0).Gateway}}', label);
  });

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    const containers = (await docker('ps', '-aq', `--filter=label=${label}`)).split('\n').filter(Boolean);
    if (containers.length > 0) await docker('rm', '-f', ...containers);
    await docker('network', 'rm', label);
    await rm(join(top, 'node_modules', '.cache', label), { recursive: true, force: true });
    await rm(directory, { recursive: true, force: true });
  });

  describe.each(['auto', 'vxlan'] as const)('with routes by %s', (mode) => {
    let nodes: [TestNode, TestNode];
    let here: TestPod;
    let beside: TestPod;
    let there: TestPod;

    beforeAll(async () => {
      nodes = [await TestNode.start('a', '10.244.1.0/24', mode), await TestNode.start('b', '10.244.2.0/24', mode)];
      await Promise.all(nodes.map((node) => node.ready(nodes)));
      [here, beside, there] = await Promise.all([
        startPod(nodes[0], 'here', [{ containerPort: PORT, hostPort: 18080 }]),
        startPod(nodes[0], 'beside'),
        startPod(nodes[1], 'there'),
      ]);
    });

    it('gives pods addresses of their node', () => {
      expect(here.ip).toMatch(/^10\.244\.1\./);
      expect(beside.ip).toMatch(/^10\.244\.1\./);
      expect(beside.ip).not.toBe(here.ip);
      expect(there.ip).toMatch(/^10\.244\.2\./);
    });

    it('connects pods of one node, with their own addresses', async () => {
      expect(await connectFrom(here.pid, beside.ip)).toBe(here.ip);
      expect(await connectFrom(here.pid, here.ip)).toBe(here.ip);
      expect(await connectFrom(here.pid, '127.0.0.1')).toBe('127.0.0.1');
    });

    it('connects pods across nodes, with their own addresses', async () => {
      expect(await connectFrom(here.pid, there.ip)).toBe(here.ip);
      expect(await connectFrom(there.pid, beside.ip)).toBe(there.ip);
      const route = await inNamespace(nodes[0].container.pid, 'ip', 'route', 'get', there.ip);
      expect(route).toContain(mode === 'vxlan' ? 'dev kubelab-vxlan' : `via ${nodes[1].ip}`);
    });

    it('lets a large transfer through', async () => {
      const size = 3_000_000;
      const client = `let n = 0; require('net').connect(${PORT + 1}, '${there.ip}').on('data', (d) => { n += d.length }).on('end', () => console.log(n))`;
      const server = `require('net').createServer((s) => s.end(Buffer.alloc(${size}))).listen(${PORT + 1}, () => console.log('ready'))`;
      const child = spawn('nsenter', [`--net=/proc/${there.pid}/ns/net`, '--', process.execPath, '-e', server]);
      children.add(child);
      await once(child.stdout, 'data');
      expect(Number(await inNamespace(here.pid, process.execPath, '-e', client))).toBe(size);
    });

    it('connects nodes to pods of either node', async () => {
      for (const pod of [here, there]) expect(await connectFrom(nodes[0].container.pid, pod.ip)).not.toBe('');
    });

    it('lets pods out to the machine under the address of their node', async () => {
      const server = createServer((socket) => socket.end(`${socket.remoteAddress}`)).listen(0, gateway);
      await once(server, 'listening');
      try {
        const { port } = server.address() as AddressInfo;
        expect(await connectFrom(here.pid, gateway, port)).toBe(nodes[0].ip);
        expect(await connectFrom(there.pid, gateway, port)).toBe(nodes[1].ip);
      } finally {
        server.close();
      }
    });

    it('opens host ports on the node', async () => {
      expect(await connectFrom(process.pid, nodes[0].ip, 18080)).not.toBe('');
      expect(await connectFrom(there.pid, nodes[0].ip, 18080)).not.toBe('');
      await expect(connectFrom(process.pid, nodes[1].ip, 18080)).rejects.toThrow('ECONNREFUSED');
    });

    it('switches on what a node needs', async () => {
      const names = ['net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables', 'net.ipv4.conf.all.route_localnet'];
      const values = names.map((name) => `/proc/sys/${name.replaceAll('.', '/')}`);
      expect(await inNamespace(nodes[0].container.pid, 'cat', ...values)).toBe('1\n1\n1\n');
      const table = await inNamespace(nodes[0].container.pid, 'nft', 'list', 'table', 'ip', 'kubelab-node');
      expect(table).toMatch(/ip saddr 10\.244\.1\.0\/24 ip daddr != @pod-cidrs .*masquerade/);
    });

    it('attaches many pods at once', async () => {
      const [, node] = nodes;
      const sandboxes = await Promise.all(Array.from({ length: 6 }, () => startContainer('--network=none')));
      const before = await node.leases;
      const ips = await Promise.all(sandboxes.map((each, index) => node.attach(podObject(`many-${index}`), each)));
      expect(new Set(ips).size).toBe(6);
      expect(await node.leases).toEqual([...before, ...ips].sort());
      await Promise.all(sandboxes.map((each) => node.detach(each)));
      expect(await node.leases).toEqual(before);
    });

    it('keeps what there is over a kill and frees what is torn down', async () => {
      const [node] = nodes;
      await node.killAgent();
      expect(await connectFrom(there.pid, here.ip)).toBe(there.ip);
      await node.startAgent();
      await eventually('the configuration of the run before', async () =>
        (await node.ask({ call: 'notReadyReason' })) === null ? true : undefined,
      );
      await node.ready(nodes);
      expect(new Map(await node.ask<[string, string[]][]>({ call: 'attached' }))).toEqual(
        new Map([
          [here.id, [here.ip]],
          [beside.id, [beside.ip]],
        ]),
      );
      expect(await node.attach(podObject('here'), here)).toBe(here.ip);
      expect(await node.leases).toEqual([here.ip, beside.ip].sort());

      const extra = await startContainer('--network=none');
      const extraIp = await node.attach(podObject('extra'), extra);
      expect(await node.leases).toContain(extraIp);
      await docker('rm', '-f', extra.id);
      await node.detach(extra);
      await node.detach(extra);
      expect(await node.leases).toEqual([here.ip, beside.ip].sort());
    });

    it('redoes an ADD that was killed half way, and frees leases that nobody knows', async () => {
      const [node] = nodes;
      const half = await startContainer('--network=none');
      const before = await node.attach(podObject('half'), half);
      await node.killAgent();
      const file = join(node.root, 'cni/attachments', `${half.id}.json`);
      const { result: _, ...incomplete } = JSON.parse(await readFile(file, 'utf8'));
      await writeFile(file, JSON.stringify(incomplete));
      await writeFile(join(node.root, 'cni/networks/kubelab/10.244.1.99'), 'forgotten\r\neth0');
      await node.startAgent();
      await node.ready(nodes);
      const ip = await node.attach(podObject('half'), half);
      expect(await connectFrom(half.pid, there.ip)).toBe(ip);
      expect(await node.leases).toEqual([here.ip, beside.ip, ip].sort());
      expect(ip).not.toBe(before);
      await node.detach(half);
    });

    it('rolls back an ADD that fails, under the configuration of an administrator', async () => {
      const [node] = nodes;
      const own = join(node.confDir, '10-kubelab.conflist');
      const conflist = JSON.parse(await readFile(own, 'utf8'));
      conflist.plugins.push({ type: 'no-such-plugin' });
      await writeFile(join(node.confDir, '99-mine.conflist'), JSON.stringify(conflist));
      await node.killAgent();
      await node.startAgent();
      await node.ready(nodes);
      expect(await readdir(node.confDir)).toEqual(['99-mine.conflist']);
      const failing = await startContainer('--network=none');
      await expect(node.attach(podObject('failing'), failing)).rejects.toThrow(
        `failed to set up network for sandbox "${failing.id}": networkPlugin cni failed to set up pod "failing_default" network: failed to find plugin "no-such-plugin" in path [${CNI_BIN_DIR}]`,
      );
      expect(await node.leases).toEqual([here.ip, beside.ip].sort());
      await rm(join(node.confDir, '99-mine.conflist'));
      await node.killAgent();
      await node.startAgent();
      await node.ready(nodes);
      const ip = await node.attach(podObject('failing'), failing);
      expect(await connectFrom(failing.pid, there.ip)).toBe(ip);
      await node.detach(failing);
      expect(await node.leases).toEqual([here.ip, beside.ip].sort());
    });

    it('drops the route to a node that is gone, and leaves routes of others', async () => {
      const [node, other] = nodes;
      await inNamespace(node.container.pid, 'ip', 'route', 'add', '192.0.2.0/24', 'via', other.ip);
      await node.ask({ call: 'nodes', nodes: [node.object] });
      await node.routeTo(other, false);
      expect(await inNamespace(node.container.pid, 'ip', 'route', 'show', '192.0.2.0/24')).not.toBe('');
      await node.ready(nodes);
      expect(await connectFrom(here.pid, there.ip)).toBe(here.ip);
    });
  });
});
