import {
  type DeepReadonly,
  deepEqual,
  isApiError,
  type Node,
  type NodeSpec,
  type NodeStatus,
  nodes,
  type Persisted,
} from '@kubelab/api';
import type { ApiClient, EventRecorder } from '@kubelab/client';
import type { Clock } from '@kubelab/runtime';
import type { Logger } from 'pino';

export interface NodeRegistrationOptions {
  readonly client: Pick<ApiClient, 'get' | 'create' | 'update' | 'updateStatus'>;
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What a node that is not there yet is registered with, taints for one. */
  readonly spec?: NodeSpec;
  /** The copy of the node that is at hand: others write to it, too. */
  readonly cached: () => DeepReadonly<Persisted<Node>> | undefined;
  /** The status as it is now, with the conditions that the node has had. */
  readonly status: (before: NodeStatus, signal: AbortSignal) => Promise<NodeStatus>;
  /** How often the status is written at least. Default 300,000. */
  readonly reportIntervalMs?: number;
  readonly events: Pick<EventRecorder, 'event'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  /** The node as the apiserver has it, after each write. */
  readonly onWritten: (node: Persisted<Node>) => void;
}

/** How often the status is written at least. */
const REPORT_INTERVAL_MS = 300_000;
/** A look that comes a little early finds the report due all the same. */
const REPORT_MARGIN = 0.95;

/** Registers one node and keeps its status true. Who made it says when to look. */
export class NodeRegistration {
  /** As it was written last, while that is newer than the copy at hand; undefined: to be read. */
  #written: Persisted<Node> | undefined;
  #registered = false;
  #reportedAtMs = 0;
  #ready: boolean | undefined;

  constructor(private readonly options: NodeRegistrationOptions) {}

  /** Writes what has changed; whether the node is ready. Rejects with an ApiError: then the node is read again. */
  async report(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#report(signal);
    } catch (error) {
      this.#written = undefined;
      this.#registered = false;
      throw error;
    }
  }

  async #report(signal: AbortSignal): Promise<boolean> {
    const { client, clock, onWritten, reportIntervalMs = REPORT_INTERVAL_MS } = this.options;
    const node = await this.#current(signal);
    const before = node.status ?? {};
    const status = mergeStatus(before, await this.options.status(before, signal));
    // An earlier process of the node may have reported a moment ago.
    this.#reportedAtMs ||= heartbeatOf(before);
    const due = clock.now() - this.#reportedAtMs >= reportIntervalMs * REPORT_MARGIN;
    const ready = isReady(status);
    if (due || !deepEqual(withoutHeartbeats(status), withoutHeartbeats(before))) {
      const written = await client.updateStatus(nodes, { ...node, status }, { signal });
      this.#written = written;
      this.#reportedAtMs = clock.now();
      onWritten(written);
      this.#tell(written, ready);
    }
    return ready;
  }

  #tell(node: Persisted<Node>, ready: boolean): void {
    if (ready !== this.#ready) tell(this.options, node, ready);
    this.#ready = ready;
  }

  /** What is newest of: our last write, the copy at hand, and, where there is neither, the apiserver's. */
  async #current(signal: AbortSignal): Promise<Persisted<Node>> {
    if (!this.#registered) {
      const node = await this.#register(signal);
      this.#registered = true;
      this.#written = node;
      return node;
    }
    const known = this.options.cached() as Persisted<Node> | undefined;
    const written = this.#written;
    if (known && (!written || Number(known.metadata.resourceVersion) >= Number(written.metadata.resourceVersion))) {
      this.#written = undefined;
      return known;
    }
    return written ?? this.#register(signal);
  }

  /** With its first status, as kubelets do; a node that is there already keeps what it has. */
  async #register(signal: AbortSignal): Promise<Persisted<Node>> {
    const { client, nodeName, labels, spec = {}, cached, log, clock, onWritten } = this.options;
    let present = cached() as Persisted<Node> | undefined;
    if (!present) {
      const status = await this.options.status({}, signal);
      const wanted: Node = { metadata: { name: nodeName, labels: { ...labels } }, spec, status };
      const created = await createIfAbsent(client, wanted, signal);
      if (created) {
        log.info({ node: nodeName }, 'registered the node');
        this.#reportedAtMs = clock.now();
        onWritten(created);
        this.#tell(created, isReady(status));
        return created;
      }
      present = await client.get(nodes, { namespace: '', name: nodeName }, { signal });
    }
    const before = present.metadata.labels ?? {};
    if (Object.entries(labels).every(([key, value]) => before[key] === value)) return present;
    const metadata = { ...present.metadata, labels: { ...before, ...labels } };
    return client.update(nodes, { ...present, metadata }, { signal });
  }
}

/** Undefined where there is one of the name. */
async function createIfAbsent(
  client: Pick<ApiClient, 'create'>,
  node: Node,
  signal: AbortSignal,
): Promise<Persisted<Node> | undefined> {
  try {
    return await client.create(nodes, node, { signal });
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return undefined;
    throw error;
  }
}

/** When the status was written last; 0: never. */
function heartbeatOf({ conditions = [] }: NodeStatus): number {
  const ready = conditions.find(({ type }) => type === 'Ready');
  return Date.parse(ready?.lastHeartbeatTime ?? '') || 0;
}

/**
 * Resources that the kubelet does not know are others', and stay. They are extended ones: whoever adds
 * one writes its capacity, and all of that may be allocated, as long as it is there.
 */
function mergeStatus(before: NodeStatus, own: NodeStatus): NodeStatus {
  const capacity = { ...before.capacity, ...own.capacity };
  return { ...before, ...own, capacity, allocatable: { ...capacity, ...own.allocatable } };
}

function tell({ events }: Pick<NodeRegistrationOptions, 'events'>, node: Persisted<Node>, ready: boolean): void {
  const { name, uid } = node.metadata;
  const reason = ready ? 'NodeReady' : 'NodeNotReady';
  events.event(
    { apiVersion: 'v1', kind: 'Node', name, uid },
    'Normal',
    reason,
    `Node ${name} status is now: ${reason}`,
  );
}

function isReady(status: NodeStatus): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

function withoutHeartbeats(status: NodeStatus): NodeStatus {
  return {
    ...status,
    conditions: status.conditions?.map(({ lastHeartbeatTime: _lastHeartbeatTime, ...condition }) => condition),
  };
}
