import { isDeepStrictEqual } from 'node:util';
import { isApiError, type Node, type NodeStatus, nodes, type Persisted } from '@kubelab/api';
import { type ApiClient, type EventRecorder, getIfPresent } from '@kubelab/client';
import { type Clock, createBackoff, sleep } from '@kubelab/runtime';
import type { Logger } from 'pino';

export interface NodeRegistrationOptions {
  readonly client: ApiClient;
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The status as it is now, with the conditions that the node has had. */
  readonly status: (before: NodeStatus, signal: AbortSignal) => Promise<NodeStatus>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  /** The node as the apiserver has it, after each write. */
  readonly onWritten: (node: Persisted<Node>) => void;
}

/** How often the status is looked at, how soon while the node is not ready, and how often it is written at least. */
const CHECK_INTERVAL_MS = 10_000;
const NOT_READY_INTERVAL_MS = 200;
const REPORT_INTERVAL_MS = 300_000;

/** Registers the node, then keeps its status true until the signal aborts. A node that was deleted is registered again. */
export async function runNodeRegistration(options: NodeRegistrationOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const backoff = createBackoff({ initialMs: 100, maxMs: 7_000 });
  const state: RegistrationState = { reportedAtMs: 0, ready: undefined };
  while (!signal.aborted) {
    let delayMs: number;
    try {
      const ready = await report(options, state, signal);
      backoff.reset();
      delayMs = ready ? CHECK_INTERVAL_MS : NOT_READY_INTERVAL_MS;
    } catch (error) {
      if (signal.aborted) return;
      state.node = undefined;
      delayMs = backoff.next();
      // Others write to the node too: its podCIDR, its taints.
      const level = isApiError(error, 'Conflict') ? 'debug' : 'warn';
      log[level]({ error }, 'cannot report the status of the node');
    }
    await sleep(delayMs, signal, clock).catch(() => undefined);
  }
}

interface RegistrationState {
  /** As it was written last; undefined: to be read. */
  node?: Persisted<Node> | undefined;
  reportedAtMs: number;
  ready: boolean | undefined;
}

/** Whether the node is ready. */
async function report(
  options: NodeRegistrationOptions,
  state: RegistrationState,
  signal: AbortSignal,
): Promise<boolean> {
  const { client, clock, onWritten } = options;
  state.node ??= await register(options, signal);
  const before = state.node.status ?? {};
  const status = mergeStatus(before, await options.status(before, signal));
  const due = clock.now() - state.reportedAtMs >= REPORT_INTERVAL_MS;
  const ready = isReady(status);
  if (due || !isDeepStrictEqual(withoutHeartbeats(status), withoutHeartbeats(before))) {
    state.node = await client.updateStatus(nodes, { ...state.node, status }, { signal });
    state.reportedAtMs = clock.now();
    onWritten(state.node);
    if (ready !== state.ready) tell(options, state.node, ready);
    state.ready = ready;
  }
  return ready;
}

async function register(options: NodeRegistrationOptions, signal: AbortSignal): Promise<Persisted<Node>> {
  const { client, nodeName, labels, log } = options;
  const wanted: Node = { metadata: { name: nodeName, labels: { ...labels } }, spec: {} };
  const present = await getIfPresent(client, nodes, { namespace: '', name: nodeName }, { signal });
  if (!present) {
    const created = await client.create(nodes, wanted, { signal });
    log.info({ node: nodeName }, 'registered the node');
    return created;
  }
  const before = present.metadata.labels ?? {};
  if (Object.entries(labels).every(([key, value]) => before[key] === value)) return present;
  const metadata = { ...present.metadata, labels: { ...before, ...labels } };
  return client.update(nodes, { ...present, metadata }, { signal });
}

/** Resources that the kubelet does not know are others', and stay. */
function mergeStatus(before: NodeStatus, own: NodeStatus): NodeStatus {
  return {
    ...before,
    ...own,
    capacity: { ...before.capacity, ...own.capacity },
    allocatable: { ...before.allocatable, ...own.allocatable },
  };
}

function tell({ events }: NodeRegistrationOptions, node: Persisted<Node>, ready: boolean): void {
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
