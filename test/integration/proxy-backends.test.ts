import { fileURLToPath } from 'node:url';
import {
  type Backend,
  createIptablesBackend,
  createNftablesBackend,
  type Execute,
  execute,
  type Frontend,
  type ServiceRules,
} from '@kubelab/proxy';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { addHost, link, removeHosts, type TestHost } from './network-namespaces.js';

const program = (name: string) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const options = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12' };
const signal = new AbortController().signal;

let node: TestHost;
let podA: TestHost;
let podB: TestHost;
let client: TestHost;
let outside: TestHost;

/** Runs what a backend runs, inside the node. */
const inNode: Execute = (command, args, rest) => execute('ip', ['netns', 'exec', node.name, command, ...args], rest);

async function ask(from: TestHost, protocol: 'tcp' | 'udp', host: string, port: number, times = 1, localPort = '') {
  const args = [program('ask'), protocol, host, String(port), String(times), ...(localPort === '' ? [] : [localPort])];
  const output = await from.exec(process.execPath, ...args);
  return output.trim().split('\n');
}

const names = (answers: string[]) => [...new Set(answers.map((answer) => answer.split(' ')[0]))].sort();

const A = { ip: '10.244.0.2', port: 80 };
const B = { ip: '10.244.0.3', port: 80 };
const NODE = '192.0.2.1';

function frontend(over: Partial<Frontend> = {}): Frontend {
  return {
    servicePort: 'test/web:http',
    kind: 'cluster',
    address: '10.96.0.10',
    protocol: 'TCP',
    port: 8080,
    endpoints: [A, B],
    whenEmpty: 'reject',
    masquerade: false,
    affinityTimeoutSeconds: 0,
    ...over,
  };
}

const nodePort = (over: Partial<Frontend> = {}) =>
  frontend({ kind: 'node-port', address: '', port: 32080, masquerade: true, ...over });

function service(frontends: Frontend[], over: Partial<ServiceRules> = {}): ServiceRules {
  return {
    frontends,
    clusterAddresses: [...new Set(frontends.filter((each) => each.kind === 'cluster').map((each) => each.address))],
    localEndpointAddresses: [A.ip, B.ip],
    ...over,
  };
}

beforeAll(async () => {
  node = await addHost('klt-node');
  await node.exec('ip', 'link', 'add', 'pods', 'type', 'bridge');
  await node.exec('ip', 'link', 'add', 'wan', 'type', 'bridge');
  await node.exec('ip', 'address', 'add', '10.244.0.1/24', 'dev', 'pods');
  await node.exec('ip', 'address', 'add', `${NODE}/24`, 'dev', 'wan');
  for (const bridge of ['pods', 'wan']) await node.exec('ip', 'link', 'set', bridge, 'up');
  for (const setting of ['net.ipv4.ip_forward=1', 'net.bridge.bridge-nf-call-iptables=1'])
    await node.exec('sysctl', '-qw', setting);
  const attach = async (name: string, address: string, bridge: string, gateway: string) => {
    const host = await addHost(name);
    await link(host, address, node, bridge);
    await host.exec('ip', 'route', 'add', 'default', 'via', gateway);
    return host;
  };
  podA = await attach('klt-pod-a', '10.244.0.2/24', 'pods', '10.244.0.1');
  podB = await attach('klt-pod-b', '10.244.0.3/24', 'pods', '10.244.0.1');
  client = await attach('klt-client', '10.244.0.4/24', 'pods', '10.244.0.1');
  outside = await attach('klt-outside', '192.0.2.2/24', 'wan', NODE);
  await node.exec('ip', 'route', 'add', 'default', 'via', '192.0.2.2');
  podA.start(process.execPath, program('answer'), 'A', '80');
  podB.start(process.execPath, program('answer'), 'B', '80');
  await vi.waitFor(async () => expect(await ask(client, 'tcp', A.ip, 80)).toEqual(['A 10.244.0.4']), 10_000);
  await vi.waitFor(async () => expect(await ask(client, 'tcp', B.ip, 80)).toEqual(['B 10.244.0.4']), 10_000);
});

afterAll(removeHosts);

describe.each([
  ['nftables', createNftablesBackend],
  ['iptables', createIptablesBackend],
] as const)('%s', (_, create) => {
  let backend: Backend;

  beforeEach(async () => {
    backend = create(options, inNode);
    await backend.adopt(signal);
  });

  afterEach(async () => {
    await backend.remove(signal);
    const left = `${await node.exec('nft', 'list', 'ruleset')}${await node.exec('iptables-save')}`;
    expect(left).not.toMatch(/kubelab/i);
  });

  const sync = (services: Record<string, ServiceRules>, changed: string[] | 'all' = 'all') =>
    backend.sync(new Map(Object.entries(services)), changed === 'all' ? 'all' : new Set(changed), signal);

  it('spreads a ClusterIP over its endpoints, with the client’s own address', async () => {
    await sync({ 'test/web': service([frontend()]) });
    const answers = await ask(client, 'tcp', '10.96.0.10', 8080, 40);
    expect(new Set(answers)).toEqual(new Set(['A 10.244.0.4', 'B 10.244.0.4']));
    expect(names(await ask(node, 'tcp', '10.96.0.10', 8080, 20))).toEqual(['A', 'B']);
    expect(names(await ask(outside, 'tcp', '10.96.0.10', 8080, 20))).toEqual(['A', 'B']);
  });

  it('lets a pod reach itself through its Service', async () => {
    await sync({ 'test/web': service([frontend({ endpoints: [A] })]) });
    expect(names(await ask(podA, 'tcp', '10.96.0.10', 8080, 5))).toEqual(['A']);
  });

  it('answers on a node port from outside, hiding the client, with nothing listening', async () => {
    await sync({ 'test/web': service([frontend(), nodePort()]) });
    expect(new Set(await ask(outside, 'tcp', NODE, 32080, 40))).toEqual(new Set(['A 10.244.0.1', 'B 10.244.0.1']));
    expect(names(await ask(node, 'tcp', NODE, 32080, 10))).toEqual(['A', 'B']);
    expect(names(await ask(podA, 'tcp', NODE, 32080, 20))).toEqual(['A', 'B']);
    expect(await node.exec('ss', '-Hlnt')).toBe('');
  });

  it('refuses at once where there is no endpoint, and on other ports of a ClusterIP', async () => {
    await sync({ 'test/web': service([frontend({ endpoints: [] }), nodePort({ endpoints: [] })]) });
    for (const from of [client, node, outside]) {
      expect(await ask(from, 'tcp', '10.96.0.10', 8080)).toEqual(['ECONNREFUSED']);
      expect(await ask(from, 'tcp', NODE, 32080)).toEqual(['ECONNREFUSED']);
    }
    await sync({ 'test/web': service([frontend()]) }, ['test/web']);
    expect(names(await ask(client, 'tcp', '10.96.0.10', 8080, 10))).toEqual(['A', 'B']);
  });

  it('keeps a client at one endpoint with session affinity', async () => {
    const sticky = { affinityTimeoutSeconds: 60 };
    await sync({ 'test/web': service([frontend(sticky), nodePort(sticky)]) });
    expect(names(await ask(client, 'tcp', '10.96.0.10', 8080, 12))).toHaveLength(1);
    expect(names(await ask(outside, 'tcp', NODE, 32080, 12))).toHaveLength(1);
    // It stays there when another endpoint goes.
    const [first = ''] = names(await ask(client, 'tcp', '10.96.0.10', 8080));
    const left = first === 'A' ? [A] : [B];
    await sync({ 'test/web': service([frontend({ ...sticky, endpoints: left })]) }, ['test/web']);
    expect(names(await ask(client, 'tcp', '10.96.0.10', 8080, 5))).toEqual([first]);
  });

  it('keeps the client’s address with externalTrafficPolicy Local, and drops where all endpoints are elsewhere', async () => {
    const local = nodePort({ masquerade: false, endpoints: [A] });
    const internal = nodePort({ kind: 'node-port-internal' });
    await sync({ 'test/web': service([frontend(), local, internal]) });
    expect(await ask(outside, 'tcp', NODE, 32080, 3)).toEqual(Array(3).fill('A 192.0.2.2'));
    expect(names(await ask(client, 'tcp', NODE, 32080, 20))).toEqual(['A', 'B']);
    await sync({ 'test/web': service([frontend(), { ...local, endpoints: [], whenEmpty: 'drop' }, internal]) });
    expect(await ask(outside, 'tcp', NODE, 32080)).toEqual(['TIMEOUT']);
  });

  it('answers UDP on a ClusterIP and refuses it without endpoints', async () => {
    await sync({ 'test/web': service([frontend({ protocol: 'UDP' })]) });
    expect(names(await ask(client, 'udp', '10.96.0.10', 8080, 20))).toEqual(['A', 'B']);
    await sync({ 'test/web': service([frontend({ protocol: 'UDP', endpoints: [] })]) }, ['test/web']);
    expect(await ask(client, 'udp', '10.96.0.10', 8080)).toEqual(['ECONNREFUSED']);
  });

  it('adopts what an earlier run left, writes nothing then, and mends what is missing', async () => {
    const services = {
      'test/web': service([frontend(), nodePort()]),
      'test/sticky': service([frontend({ address: '10.96.0.11', affinityTimeoutSeconds: 60 })]),
      'test/none': service([frontend({ address: '10.96.0.12', endpoints: [] })]),
    };
    await sync(services);
    const restarted = create(options, inNode);
    await restarted.adopt(signal);
    expect(names(await ask(client, 'tcp', '10.96.0.10', 8080, 20))).toEqual(['A', 'B']);
    expect(await restarted.sync(new Map(Object.entries(services)), 'all', signal)).toEqual({ changes: 0 });
    const { 'test/web': web } = services;
    await restarted.sync(new Map([['test/web', web]]), 'all', signal);
    expect(await ask(client, 'tcp', '10.96.0.12', 8080)).toEqual(['TIMEOUT']);
    expect(names(await ask(client, 'tcp', '10.96.0.10', 8080, 20))).toEqual(['A', 'B']);
    const other = create({ ...options, clusterCidr: '10.244.0.0/17' }, inNode);
    await other.adopt(signal);
    await other.sync(new Map([['test/web', web]]), 'all', signal);
    expect(names(await ask(client, 'tcp', '10.96.0.10', 8080, 20))).toEqual(['A', 'B']);
  });

  it('takes away one of two services that share an endpoint without hurting the other', async () => {
    const web = service([frontend({ endpoints: [A] })]);
    const twin = service([frontend({ servicePort: 'test/twin:http', address: '10.96.0.20', endpoints: [A] })]);
    await sync({ 'test/web': web, 'test/twin': twin });
    await sync({ 'test/web': web }, ['test/twin']);
    expect(await ask(client, 'tcp', '10.96.0.20', 8080)).toEqual(['TIMEOUT']);
    expect(names(await ask(podA, 'tcp', '10.96.0.10', 8080, 3))).toEqual(['A']);
    await sync({}, ['test/web']);
    expect(await ask(client, 'tcp', '10.96.0.10', 8080)).toEqual(['TIMEOUT']);
  });

  it('changes nothing when the kernel refuses, and goes on after reading it back', async () => {
    await sync({ 'test/web': service([frontend()]) });
    const bad = service([frontend({ address: '10.96.0.999' })]);
    await expect(sync({ 'test/web': service([]), 'test/bad': bad }, ['test/web', 'test/bad'])).rejects.toThrow();
    expect(names(await ask(client, 'tcp', '10.96.0.10', 8080, 20))).toEqual(['A', 'B']);
    await backend.adopt(signal);
    expect(await sync({ 'test/web': service([frontend()]) })).toEqual({ changes: 0 });
  });
});
