import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { BenchCluster } from '../cluster/bench-cluster.js';

const SERVICES = '/api/v1/namespaces/default/services';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const ATTEMPT_LIMIT_MS = 1_000;

/** A Service whose NodePort leads to a server in this process. */
export interface AnsweringService {
  createService(): Promise<void>;
  createEndpoints(): Promise<void>;
  /** Whether a connection through the node gets the server's greeting. */
  answers(): Promise<boolean>;
  remove(): Promise<void>;
}

export interface ServiceProbe {
  /** One that is not there yet. */
  next(): AnsweringService;
  /** A Service and its two endpoints, which are addresses of no pod. */
  createIdle(index: number): Promise<void>;
  close(): Promise<void>;
}

/** Listens on the machine's address on the cluster's network, which the node reaches like any other. */
export async function openServiceProbe({ client, gateway, nodes }: BenchCluster): Promise<ServiceProbe> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('here');
  });
  server.listen(0, gateway);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const node = nodes[0]?.address ?? '';
  let made = 0;
  return {
    next() {
      made += 1;
      const name = `answering-${made}`;
      let nodePort = 0;
      return {
        async createService() {
          const manifest = serviceManifest(name, 'NodePort');
          const { spec } = await client.create<{ spec: { ports: { nodePort: number }[] } }>(SERVICES, manifest);
          nodePort = spec.ports[0]?.nodePort ?? 0;
        },
        async createEndpoints() {
          await client.create(SLICES, sliceManifest(name, [gateway], port));
        },
        answers: () => greets(node, nodePort),
        async remove() {
          await Promise.all([client.delete(`${SERVICES}/${name}`), client.delete(`${SLICES}/${name}`)]);
        },
      };
    },
    async createIdle(index) {
      const name = `idle-${index}`;
      // Within the pods' range, past what the nodes of these clusters are given.
      const address = (which: number): string =>
        `10.244.${200 + (Math.floor((index * 2 + which) / 250) % 50)}.${1 + ((index * 2 + which) % 250)}`;
      await client.create(SERVICES, serviceManifest(name, 'ClusterIP'));
      await client.create(SLICES, sliceManifest(name, [address(0), address(1)], 8080));
    },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ATTEMPT_LIMIT_MS });
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('data', () => finish(true));
    socket.once('timeout', () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}

function serviceManifest(name: string, type: 'ClusterIP' | 'NodePort'): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: 'bench' } },
    spec: { type, ports: [{ name: 'main', port: 80, targetPort: 8080 }] },
  };
}

function sliceManifest(name: string, addresses: readonly string[], port: number): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      labels: { 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': 'bench' },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'main', port, protocol: 'TCP' }],
  };
}
