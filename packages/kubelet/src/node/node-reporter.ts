import { type DeepReadonly, type Node, nodes, type Persisted } from '@kubelab/api';
import type { ApiClient, EventRecorder, Informer } from '@kubelab/client';
import type { Clock } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ContainerRuntime, RuntimeContainer, RuntimeImage } from '../container-runtime/runtime.js';
import type { NodeFacts } from '../object-lookups.js';
import type { KubeletOptions } from '../options.js';
import type { NodeRoom } from './admission.js';
import { diskSpace, type Machine, readPressure } from './machine.js';
import { runNodeLease } from './node-lease.js';
import { nodeAllocatable, nodeStatus } from './node-status.js';
import { runNodeRegistration } from './run-node-registration.js';

export interface NodeReporterOptions {
  readonly options: KubeletOptions;
  readonly client: ApiClient;
  readonly nodes: Pick<Informer<Node>, 'get'>;
  readonly runtime: ContainerRuntime;
  readonly machine: Machine;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  /** Why pods cannot be run; undefined when they can. */
  readonly notReady: () => string | undefined;
}

/** The Node object and its Lease, and what the kubelet itself wants to know of the node. */
export interface NodeReporter {
  run(signal: AbortSignal): Promise<void>;
  readonly facts: NodeFacts;
  /** By the copy of the node that is at hand. */
  readonly room: () => NodeRoom;
  /** By the node as the apiserver has it. */
  readonly currentRoom: (signal: AbortSignal) => Promise<NodeRoom>;
  /** The digest by which a registry knows the container's image, or the engine's own id. */
  readonly imageIdOf: (container: RuntimeContainer) => string;
}

export async function createNodeReporter(reporterOptions: NodeReporterOptions): Promise<NodeReporter> {
  const { options, client, nodes: cachedNodes, runtime, machine, recorder, clock, log, notReady } = reporterOptions;
  const { nodeName, nodeIp, maxPods, port, rootDir } = options;
  const { capacityBytes: diskBytes } = await diskSpace(rootDir);
  const allocatable = nodeAllocatable({ machine, diskBytes, maxPods });
  const labels = nodeLabels(options, machine);
  let images: readonly RuntimeImage[] = [];
  let node: Persisted<Node> | undefined;

  const roomOf = (present: DeepReadonly<Persisted<Node>> | undefined): NodeRoom => ({
    // What others have added to the node, devices for one, is theirs to give.
    allocatable: { ...present?.status?.allocatable, ...allocatable },
    labels: present?.metadata.labels ?? labels,
  });

  return {
    facts: { name: nodeName, ip: nodeIp, allocatable },
    room: () => roomOf(cachedNodes.get(nodeName) ?? node),
    currentRoom: async (signal) => roomOf(await client.get(nodes, { namespace: '', name: nodeName }, { signal })),
    imageIdOf: ({ imageId }) => {
      const digest = images.find(({ id }) => id === imageId)?.names.find((name) => name.includes('@'));
      return digest === undefined ? `docker://${imageId}` : `docker-pullable://${digest}`;
    },
    async run(signal) {
      const registration = runNodeRegistration(
        {
          client,
          nodeName,
          labels,
          cached: () => cachedNodes.get(nodeName),
          events: recorder,
          clock,
          log,
          onWritten: (written) => {
            node = written;
          },
          async status(before, statusSignal) {
            const engine = await runtime.information(statusSignal);
            images = await runtime.images(statusSignal);
            const pressure = await readPressure(rootDir);
            const conditions = before.conditions ?? [];
            const own = { nodeName, nodeIp, port, maxPods, machine, diskBytes, runtime: engine, images, pressure };
            return nodeStatus({ ...own, notReady: notReady(), before: conditions, nowMs: clock.now() });
          },
        },
        signal,
      );
      const lease = { client, nodeName, nodeUid: () => node?.metadata.uid, clock, log };
      await Promise.all([registration, runNodeLease(lease, signal)]);
    },
  };
}

function nodeLabels({ nodeName, nodeLabels: given }: KubeletOptions, machine: Machine): Record<string, string> {
  const own = Object.fromEntries(
    given.map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
  return {
    'kubernetes.io/arch': machine.architecture,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    ...own,
  };
}
