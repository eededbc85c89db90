import { type Node, resourceAmounts } from '@kubelab/api';
import type { RestClient } from '../../cluster/rest-client.js';
import { runInFlight } from '../../measure/in-flight.js';
import { until } from '../../measure/until.js';
import { createPersistently } from '../operations/create-persistently.js';
import type { CreateNodes, Template } from '../workload/workload.js';
import type { TargetNode } from './scheduling-target.js';

/** Every node that a bench makes has this label, with the run's name. */
export const RUN_LABEL = 'kubelab.io/bench';

export interface PlainNodesOptions {
  readonly client: RestClient;
  readonly signal: AbortSignal;
  /** The value of the label. */
  readonly run: string;
  readonly inFlight: number;
  /** Give each node a podCIDR of its own from 100.64.0.0/10, so that nobody looks for one. */
  readonly podCidrs: boolean;
}

const SIZE = { cpu: '4', memory: '32Gi', pods: '110' };
const NOT_READY = 'node.kubernetes.io/not-ready';
const CREATE_LIMIT_MS = 60_000;
const READY_LIMIT_MS = 120_000;

/**
 * Creates Node objects that nobody stands behind, Ready as they are created,
 * and waits until the taint that every new node gets has been taken away.
 * `first` counts the nodes made before.
 */
export async function addPlainNodes(
  operation: CreateNodes,
  first: number,
  options: PlainNodesOptions,
): Promise<readonly TargetNode[]> {
  const { client, signal, inFlight } = options;
  const nodes = Array.from({ length: operation.count }, (_, index) =>
    plainNode(operation, first + index, index, options),
  );
  await runInFlight(nodes.length, inFlight, (index) =>
    createPersistently(client, '/api/v1/nodes', nodes[index] ?? {}, { signal, limitMs: CREATE_LIMIT_MS }),
  );
  const selector = encodeURIComponent(`${RUN_LABEL}=${options.run}`);
  const path = `/api/v1/nodes?labelSelector=${selector}`;
  await until('the new nodes are free of the taint not-ready', () => noneTainted(client, path), {
    signal,
    limitMs: READY_LIMIT_MS,
    everyMs: 200,
  });
  return nodes.map(targetNode);
}

/** Removes every node of the run. */
export async function removePlainNodes({ client, run }: Pick<PlainNodesOptions, 'client' | 'run'>): Promise<void> {
  const selector = encodeURIComponent(`${RUN_LABEL}=${run}`);
  await client.send({ method: 'DELETE', path: `/api/v1/nodes?labelSelector=${selector}` });
}

async function noneTainted(client: RestClient, path: string): Promise<boolean> {
  const { items } = await client.get<{ items: Node[] }>(path);
  return items.every(({ spec }) => !spec?.taints?.some(({ key }) => key === NOT_READY));
}

function plainNode(operation: CreateNodes, number: number, index: number, options: PlainNodesOptions): Node {
  const { label, count, template, templates } = operation;
  const given = (templates?.[index] ?? template ?? {}) as Node & Partial<Pick<Template, 'metadata'>>;
  const name =
    given.metadata?.name && (templates || count === 1)
      ? given.metadata.name
      : `${given.metadata?.generateName ?? 'scheduler-perf-'}${number}`;
  const condition = {
    type: 'Ready',
    status: 'True' as const,
    reason: 'Bench',
    lastHeartbeatTime: now(),
    lastTransitionTime: now(),
  };
  const podCIDR = `100.${64 + (number >> 8)}.${number & 255}.0/24`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      ...given.metadata,
      generateName: undefined,
      name,
      labels: {
        'kubernetes.io/hostname': name,
        ...given.metadata?.labels,
        ...(label ? { [label.key]: label.values[index % label.values.length] ?? '' } : {}),
        [RUN_LABEL]: options.run,
      },
    },
    spec: { ...(options.podCidrs ? { podCIDR, podCIDRs: [podCIDR] } : {}), ...given.spec },
    status: { capacity: SIZE, allocatable: SIZE, ...given.status, conditions: given.status?.conditions ?? [condition] },
  };
}

/** What of a node matters to a scheduler's figures. */
export function targetNode({ metadata, status }: Node): TargetNode {
  const amounts = resourceAmounts(status?.allocatable);
  return {
    name: metadata?.name ?? '',
    cpuMilli: amounts.cpu ?? 0,
    memoryBytes: amounts.memory ?? 0,
    pods: amounts.pods ?? 0,
  };
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
