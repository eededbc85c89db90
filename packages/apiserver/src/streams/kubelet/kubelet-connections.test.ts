import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { connectivityState, Server, ServerCredentials } from '@grpc/grpc-js';
import { type Node, nodes, notFound } from '@kubelab/api';
import { loadProto, type TlsMaterial } from '@kubelab/runtime';
import { type CertificateAuthority, createCertificateAuthority, issueCertificate } from '@kubelab/runtime/certificates';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createKubeletConnections, type KubeletConnectionsOptions } from './kubelet-connections.js';

let authority: CertificateAuthority;
let tls: TlsMaterial;
const servers: Server[] = [];
const stops: AbortController[] = [];
const known = new Map<string, Node>();

beforeAll(async () => {
  authority = await createCertificateAuthority({ commonName: 'ca' });
  tls = await materialOf('system:apiserver-kubelet-client', 'client');
});

afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
  known.clear();
});

afterAll(() => {
  for (const server of servers) server.forceShutdown();
});

async function materialOf(commonName: string, usage: 'client' | 'server'): Promise<TlsMaterial> {
  const pair = await issueCertificate(authority, { commonName, usages: [usage] });
  return {
    ca: Buffer.from(authority.certificatePem),
    cert: Buffer.from(pair.certificatePem),
    key: Buffer.from(pair.privateKeyPem),
  };
}

async function startKubelet(nodeName: string): Promise<number> {
  const { ca, cert, key } = await materialOf(`system:node:${nodeName}`, 'server');
  const server = new Server();
  servers.push(server);
  const refuse = () => undefined;
  const methods = ['logs', 'exec', 'attach', 'portForward', 'stats'];
  server.addService(loadProto().Node.service, Object.fromEntries(methods.map((method) => [method, refuse])));
  const credentials = ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

function addNode(name: string, port: number): void {
  const addresses = [
    { type: 'Hostname', address: name },
    { type: 'InternalIP', address: '127.0.0.1' },
  ];
  known.set(name, { metadata: { name }, status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } } });
}

function connections(options: Partial<KubeletConnectionsOptions> = {}) {
  const stop = new AbortController();
  stops.push(stop);
  const findNode = async (name: string) => {
    const node = known.get(name);
    if (!node) throw notFound(nodes, name);
    return node;
  };
  return { kubelets: createKubeletConnections({ findNode, tls, stopping: stop.signal, ...options }), stop };
}

const { signal } = new AbortController();

test('users of a node share one channel, until its address changes', async () => {
  addNode('a', await startKubelet('a'));
  const { kubelets } = connections();
  const [first, second] = await Promise.all([kubelets.connect('a', signal), kubelets.connect('a', signal)]);
  expect(second.client).toBe(first.client);
  addNode('a', await startKubelet('a'));
  const third = await kubelets.connect('a', signal);
  expect(third.client).not.toBe(first.client);
  expect(kubelets.size).toBe(1);
  const stateOf = ({ client }: typeof first) => client.getChannel().getConnectivityState(false);
  first.release();
  first.release();
  expect(stateOf(second)).toBe(connectivityState.READY);
  second.release();
  expect(stateOf(second)).toBe(connectivityState.SHUTDOWN);
  expect(stateOf(third)).toBe(connectivityState.READY);
});

test('a channel that nobody uses is closed after a while, and used again before that', async () => {
  addNode('a', await startKubelet('a'));
  const { kubelets } = connections({ idleMs: 50 });
  const first = await kubelets.connect('a', signal);
  first.release();
  const second = await kubelets.connect('a', signal);
  expect(second.client).toBe(first.client);
  second.release();
  await expect.poll(() => kubelets.size).toBe(0);
});

test('the channel of a node that is gone is closed', async () => {
  addNode('a', await startKubelet('a'));
  const { kubelets } = connections();
  (await kubelets.connect('a', signal)).release();
  expect(kubelets.size).toBe(1);
  known.delete('a');
  await expect(kubelets.connect('a', signal)).rejects.toMatchObject({ message: 'nodes "a" not found' });
  expect(kubelets.size).toBe(0);
});

test('a server that stops closes what is idle at once, and the rest with its last user', async () => {
  addNode('a', await startKubelet('a'));
  addNode('b', await startKubelet('b'));
  const { kubelets, stop } = connections();
  const used = await kubelets.connect('a', signal);
  (await kubelets.connect('b', signal)).release();
  stop.abort();
  expect(kubelets.size).toBe(1);
  used.release();
  expect(kubelets.size).toBe(0);
  await expect(kubelets.connect('a', signal)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
});

test('a node that does not answer at all is given up on', async () => {
  const mute = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  addNode('a', port);
  const { kubelets } = connections({ dialTimeoutMs: 100, idleMs: 0 });
  await expect(kubelets.connect('a', signal)).rejects.toMatchObject({
    message: `error dialing backend: dial tcp 127.0.0.1:${port}: i/o timeout`,
  });
  await expect.poll(() => kubelets.size).toBe(0);
  mute.close();
});

test('a node without an address', async () => {
  known.set('a', { metadata: { name: 'a' }, status: { addresses: [{ type: 'Hostname', address: 'a' }] } });
  await expect(connections().kubelets.connect('a', signal)).rejects.toMatchObject({
    message: 'no preferred addresses found; known addresses: [{Hostname a}]',
  });
});
