import { expect, test } from 'vitest';
import type { Cluster } from '../cluster/cluster.js';
import { clusterPaths } from '../cluster/cluster-paths.js';
import { planProcesses, resolveArgs } from './process-plan.js';

const cluster: Cluster = {
  version: 1,
  name: 'lab',
  proxyMode: 'iptables',
  ports: {
    etcdClient: 1001,
    etcdPeer: 1002,
    etcdMetrics: 1003,
    apiserverMetrics: 1004,
    schedulerMetrics: 1005,
    controllerManagerMetrics: 1006,
  },
  network: { subnet: '172.18.0.0/16', gateway: '172.18.0.1' },
  nodes: [
    { name: 'node1', address: '172.18.0.2', stopped: false },
    { name: 'node2', address: '172.18.0.3', stopped: true },
  ],
};

const plan = (changed: Partial<Cluster> = {}) =>
  planProcesses({
    cluster: { ...cluster, ...changed },
    paths: clusterPaths('/state'),
    binDir: '/bin',
    nodePath: 'node',
  });

const argsOf = (name: string, changed: Partial<Cluster> = {}): readonly string[] =>
  plan(changed).find((process) => process.name === name)?.args ?? [];

test('the control plane, and the agents of each node that is on', () => {
  expect(plan().map(({ name }) => name)).toEqual([
    'etcd',
    'apiserver',
    'scheduler',
    'controller-manager',
    'kubelet/node1',
    'proxy/node1',
  ]);
});

test('only agents run in a node’s network', () => {
  const nodes = plan().map(({ component, node }) => [component, node]);
  expect(nodes.filter(([, node]) => node !== undefined)).toEqual([
    ['kubelet', 'node1'],
    ['proxy', 'node1'],
  ]);
});

test('the apiserver alone is told of etcd, and shows it a certificate of etcd’s own authority', () => {
  const [apiserver, ...others] = plan().slice(1);
  expect(apiserver?.args).toContain('--etcd-servers=https://127.0.0.1:1001');
  expect(apiserver?.args).toContain('--etcd-ca-file=/state/pki/etcd-ca.crt');
  expect(apiserver?.args).toContain('--bind-address=172.18.0.1');
  for (const { args } of others) expect(args.filter((argument) => argument.includes('etcd'))).toEqual([]);
});

test('every component has its own identity', () => {
  const certificates = plan().flatMap(({ args }) => args.filter((argument) => argument.startsWith('--cert-file=')));
  expect(certificates).toEqual([
    '--cert-file=/state/pki/etcd-server.crt',
    '--cert-file=/state/pki/scheduler.crt',
    '--cert-file=/state/pki/controller-manager.crt',
    '--cert-file=/state/pki/kubelet-node1.crt',
    '--cert-file=/state/pki/proxy-node1.crt',
  ]);
});

test('the node network reads the other nodes by another identity than the kubelet’s', () => {
  expect(argsOf('kubelet/node1')).toContain('--network-cert-file=/state/pki/proxy-node1.crt');
});

test('none but the apiserver, and the controller-manager for tokens in Secrets, sign the tokens of service accounts', () => {
  const signing = plan().flatMap(({ name, args }) =>
    args.filter((argument) => argument.includes('sa.key')).map((argument) => [name, argument]),
  );
  expect(signing).toEqual([
    ['apiserver', '--service-account-signing-key-file=/state/pki/sa.key'],
    ['controller-manager', '--service-account-private-key-file=/state/pki/sa.key'],
  ]);
});

test('the kubelet is given the id of its node’s container', () => {
  expect(resolveArgs(argsOf('kubelet/node1'), 'abc')).toContain('--node-container=abc');
});

test('the proxy programs rules in the mode of the cluster', () => {
  expect(argsOf('proxy/node1')).toContain('--proxy-mode=iptables');
});

test('the proxy is found at any address of its node, and asked for its health at the node’s own', () => {
  const args = argsOf('proxy/node1');
  expect(args).toEqual(
    expect.arrayContaining(['--metrics-address=0.0.0.0:10249', '--healthz-bind-address=0.0.0.0:10256']),
  );
  expect(plan().find(({ name }) => name === 'proxy/node1')?.readyUrl).toMatch(/^http:\/\/[1-9][\d.]+:10249\/readyz$/);
});

test('hollow nodes are one process of the machine’s own network, with their settings as its flags', () => {
  const hollow = { count: 5_000, settings: { cpu: '16', 'start-delay': '1s..5s' } };
  const process = plan({ hollow }).at(-1);
  expect(process).toMatchObject({
    name: 'hollow',
    component: 'hollow',
    address: '172.18.0.1:10350',
    after: ['apiserver'],
  });
  expect(process?.node).toBeUndefined();
  expect(process?.readyUrl).toBe('http://172.18.0.1:10348/readyz');
  expect(process?.args).toEqual(
    expect.arrayContaining(['--nodes=5000', '--node-ip=172.18.0.1', '--cpu=16', '--start-delay=1s..5s']),
  );
  expect(process?.args).toContain('--cert-file=/state/pki/hollow.crt');
  expect(plan().map(({ name }) => name)).not.toContain('hollow');
});

test('an etcd of the user’s is used instead of one of the cluster’s own', () => {
  const externalEtcd = { servers: ['http://a:2379', 'http://b:2379'] };
  expect(plan({ externalEtcd }).map(({ name }) => name)).not.toContain('etcd');
  const args = argsOf('apiserver', { externalEtcd });
  expect(args).toContain('--etcd-servers=http://a:2379,http://b:2379');
  expect(args.filter((argument) => argument.startsWith('--etcd-'))).toHaveLength(1);
  expect(argsOf('apiserver', { externalEtcd: { ...externalEtcd, prefix: '/kubelab/one' } })).toContain(
    '--etcd-prefix=/kubelab/one',
  );
});
