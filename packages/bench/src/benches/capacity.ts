import type { Bench, BenchContext, Figure } from '../bench.js';
import type { ClusterProcess } from '../cluster/bench-cluster.js';
import { runInFlight } from '../measure/in-flight.js';
import { readMemory } from '../measure/memory.js';

const IN_FLIGHT = 32;
const NODES = 5_000;
const PODS = 10_000;
const TARGET_MB = 500;

export const capacity: Bench = {
  name: 'capacity',
  title: `resident memory of the masters with ${NODES} nodes and ${PODS} pods`,
  async *run(context) {
    const { client, processes } = await context.startCluster({ nodes: 1 });
    const [nodeCount, podCount] = context.quick ? [500, 1_000] : [NODES, PODS];
    context.say(`creating ${nodeCount} nodes and ${podCount} pods`);
    const nodes = await runInFlight(nodeCount, IN_FLIGHT, (index) => client.create('/api/v1/nodes', node(index)));
    const pods = await runInFlight(podCount, IN_FLIGHT, (index) =>
      client.create('/api/v1/namespaces/default/pods', pod(index, index % nodeCount)),
    );
    const beside = {
      nodeCreatesPerSecond: (nodeCount / nodes.elapsedMs) * 1000,
      podCreatesPerSecond: (podCount / pods.elapsedMs) * 1000,
    };
    for (const each of await processes()) {
      if (['etcd', 'apiserver', 'scheduler', 'controller-manager'].includes(each.component)) {
        yield await figureOf(context, each, beside);
      }
    }
  },
};

async function figureOf(context: BenchContext, each: ClusterProcess, beside: Record<string, number>): Promise<Figure> {
  context.signal.throwIfAborted();
  const memory = await readMemory(each.pid);
  const isApiserver = each.component === 'apiserver';
  return {
    name: `capacity/${each.component}`,
    value: memory.residentBytes / 1e6,
    unit: 'MB',
    ...(isApiserver ? { target: { value: TARGET_MB, better: 'lower' } as const } : {}),
    beside: { privateMb: memory.privateBytes / 1e6, ...(isApiserver ? beside : {}) },
  };
}

function node(index: number): object {
  const size = { cpu: '32', memory: '256Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `idle-${index}`, labels: { 'kubernetes.io/hostname': `idle-${index}` } },
    status: { capacity: size, allocatable: size },
  };
}

/** On its node from the start, whose kubelet there is none of: it stays as it is. */
function pod(index: number, nodeIndex: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `idle-${index}`, labels: { app: `app-${index % 100}` } },
    spec: {
      nodeName: `idle-${nodeIndex}`,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        { name: 'app', image: 'kubelab/pause:1', resources: { requests: { cpu: '100m', memory: '128Mi' } } },
      ],
    },
  };
}
