import { setMaxListeners } from 'node:events';
import { type Node, nodes } from '@kubelab/api';
import {
  createApiClient,
  createComponentClient,
  createEventRecorder,
  createInformer,
  type SessionApiClient,
} from '@kubelab/client';
import { type Component, type ComponentContext, createBackoff, readTlsMaterial, sleep } from '@kubelab/runtime';
import { type HollowSettings, parseDurationRange } from '../container-runtime/hollow-behaviour.js';
import { HollowEngine } from '../container-runtime/hollow-engine.js';
import { createLimiter } from '../limiter.js';
import { createStatusWriter } from '../status/status-writer.js';
import { boundedClient } from './bounded-client.js';
import { type CallLimit, createCallLimit } from './call-limit.js';
import { Heartbeats } from './heartbeats.js';
import { HollowNode, type HollowParts } from './hollow-node.js';
import { runHollowServer } from './hollow-server.js';
import { bytesOf, type NodeShape, planNodes, pretendedMachine } from './node-shape.js';
import type { HollowOptions } from './options.js';
import { ownObjects } from './own-objects.js';
import { createPodRouter } from './pod-router.js';
import { createPooledClock } from './pooled-clock.js';
import { settlingStatus } from './settling-status.js';
import { createTurns } from './turns.js';

/** More leases a second cost the apiserver and etcd too much of a small machine: see the README. */
const MAX_LEASES_PER_SECOND = 500;
const RENEW_INTERVAL_MS = 10_000;
/** Nodes that are registered at a time. */
const REGISTRATIONS = 64;
/** Events of so many objects are written at a time. */
const EVENT_CONCURRENCY = 16;
/** More than an event takes while it waits. */
const EVENT_BYTES = 1_024;
/** Writes of pods under way: enough to fill the apiserver's transactions, and few while it has too much to do. */
const POD_CALLS = { least: 4, most: 96 };
/** A lease that takes longer waits behind others: of the 40 s that it has, 20 may have gone before. */
const SLOW_HEARTBEAT_MS = 2_000;
/** What a pod becomes within this time is told as one. */
const SETTLE_MS = 100;
/** Pods are not begun with while more statuses than these wait to be written. */
const MAX_STATUSES_WAITING = 2_048;

/** Many hollow nodes in one process. Building it opens nothing; it rejects with a RangeError on flags that make no sense. */
export function createHollowKubelet(options: HollowOptions): Component {
  return {
    name: 'hollow',
    async run(signal, context) {
      checkNumbers(options);
      const shapes = planNodes(options);
      const settings = readSettings(options);
      if (options.check) return;
      const registered = countRegistered(shapes.length, context);
      const client = await createComponentClient(options, context, 'kubelet');
      context.health.complete();
      const heartbeatClient = createApiClient({
        addresses: options.apiserver,
        tls: await readTlsMaterial(options),
        component: 'kubelet',
        log: context.log,
      });
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      setMaxListeners(0, either);
      try {
        const parts = createParts(options, settings, shapes, { client, heartbeatClient }, context, either);
        const hollowNodes = shapes.map((shape) => new HollowNode(parts, shape));
        const ending = (part: Promise<void>): Promise<void> =>
          part
            .catch((error: unknown) => {
              if (!either.aborted) throw error;
            })
            .finally(() => stop.abort());
        await Promise.all(runAll(options, parts, hollowNodes, registered, context, either).map(ending));
      } finally {
        stop.abort();
        await Promise.all([client.close(), heartbeatClient.close()]);
      }
    },
  };
}

/** The process is ready once all its nodes are registered. */
function countRegistered(nodes: number, { health }: ComponentContext): () => void {
  let registered = 0;
  health.add('nodes', 'ready', () => {
    if (registered < nodes) throw new Error(`${registered} of ${nodes} nodes are registered`);
  });
  return () => {
    registered += 1;
  };
}

function readSettings(options: HollowOptions): HollowSettings {
  return {
    seed: options.seed,
    startDelay: parseDurationRange(options.startDelay),
    readyDelay: parseDurationRange(options.readyDelay),
    runTime: options.runTime === '' ? undefined : parseDurationRange(options.runTime),
    completionTime: parseDurationRange(options.completionTime),
    stopDelay: parseDurationRange(options.stopDelay),
    pullTime: parseDurationRange(options.pullTime),
    exitCode: options.exitCode,
    failureRate: options.failureRate,
    startFailureRate: options.startFailureRate,
  };
}

function checkNumbers(options: HollowOptions): void {
  const { nodes: count, cpu, pods, failureRate, startFailureRate, exitCode } = options;
  const limits = [
    ['nodes', count, 1, 100_000],
    ['cpu', cpu, 0.001, 100_000],
    ['pods', pods, 1, 10_000],
    ['failure-rate', failureRate, 0, 1],
    ['start-failure-rate', startFailureRate, 0, 1],
    ['exit-code', exitCode, 0, 255],
  ] as const;
  for (const [name, value, least, most] of limits) {
    if (!(value >= least && value <= most)) throw new RangeError(`--${name}: ${value} is not from ${least} to ${most}`);
  }
}

type Parts = HollowParts & {
  readonly nodeInformer: ReturnType<typeof createInformer<Node>>;
  readonly podCalls: CallLimit;
};

function createParts(
  options: HollowOptions,
  settings: HollowSettings,
  shapes: readonly NodeShape[],
  { client, heartbeatClient }: Record<'client' | 'heartbeatClient', SessionApiClient>,
  { log, tracer, metrics }: ComponentContext,
  signal: AbortSignal,
): Parts {
  const clock = createPooledClock();
  const pods = createPodRouter(client, log);
  const ownNames = new Set(shapes.map(({ name }) => name));
  const ownNodes = ownObjects<Node>(client, ({ metadata }) => ownNames.has(metadata.name));
  const nodeInformer = createInformer(ownNodes, nodes, {}, log);
  const { eventQps: perSecond, eventBurst: burst } = options;
  const podCalls = createCallLimit({ ...POD_CALLS, slowMs: SLOW_HEARTBEAT_MS });
  const podClient = boundedClient(client, podCalls);
  const writer = createStatusWriter({
    client: podClient,
    // As what is written waits for its turn once more, what it has become meanwhile is not told.
    concurrency: POD_CALLS.most,
    cached: ({ metadata }) => pods.get(`${metadata.namespace}/${metadata.name}`),
    clock,
    log,
    signal,
  });
  const status = settlingStatus(writer, SETTLE_MS, clock);
  return {
    client: podClient,
    podCalls,
    heartbeatClient,
    engine: new HollowEngine({
      settings,
      images: options.images.length === 0 ? 'all' : options.images,
      pod: ({ namespace, name }) => pods.get(`${namespace}/${name}`),
      clock,
    }),
    pods,
    nodes: nodeInformer,
    nodeInformer,
    status,
    turn: createTurns({ isBusy: () => status.backlog > MAX_STATUSES_WAITING, clock }),
    recorder: createEventRecorder({
      client,
      component: 'kubelet',
      log,
      signal,
      clock,
      concurrency: EVENT_CONCURRENCY,
      capacityBytes: Math.max(burst, perSecond) * EVENT_BYTES,
      metrics,
      limit: { perSecond, burst: perSecond === 0 ? 0 : burst },
    }),
    // What only pretends needs no protection from too much at a time.
    limiter: createLimiter(Number.POSITIVE_INFINITY),
    tracer,
    clock,
    log,
    quietLog: log.child({}, { level: 'warn' }),
    machine: pretendedMachine(options),
    diskBytes: bytesOf(options.storage),
    maxPods: options.pods,
    nodeIp: options.nodeIp,
    port: options.port,
    leaseDurationSeconds: Math.round(options.nodeLeaseDurationMs / 1000),
    reportIntervalMs: options.nodeStatusReportIntervalMs,
  };
}

/** How often each lease is renewed. */
export function renewIntervalMs({ nodeLeaseRenewIntervalMs, nodes: count }: HollowOptions): number {
  if (nodeLeaseRenewIntervalMs > 0) return nodeLeaseRenewIntervalMs;
  return Math.max(RENEW_INTERVAL_MS, (count / MAX_LEASES_PER_SECOND) * 1000);
}

function runAll(
  options: HollowOptions,
  parts: Parts,
  hollowNodes: readonly HollowNode[],
  onRegistered: () => void,
  { log, tracer }: ComponentContext,
  signal: AbortSignal,
): Promise<void>[] {
  const { clock } = parts;
  const beats = { nodes: hollowNodes, clock, log };
  const leases = new Heartbeats({
    ...beats,
    intervalMs: renewIntervalMs(options),
    what: 'renew the lease',
    beat: (node, beatSignal) => node.renew(beatSignal),
    onTook: (durationMs) => parts.podCalls.heartbeatTook(durationMs),
  });
  const reports = new Heartbeats({
    ...beats,
    intervalMs: options.nodeStatusReportIntervalMs,
    what: 'report the status',
    beat: (node, beatSignal) => node.report(beatSignal),
    concurrency: REGISTRATIONS,
  });
  const byName = new Map(hollowNodes.map((node) => [node.name, node]));
  // A node that others have changed or deleted says again what is so.
  parts.nodeInformer.onChange(({ type, object }) => {
    const node = byName.get(object.metadata.name);
    if (node && (type === 'deleted' || !isReady(object))) reports.soon(node);
  });
  const live = async (): Promise<void> => {
    await Promise.all([parts.nodeInformer.synced(signal), parts.pods.synced(signal)]);
    for (const node of hollowNodes) await node.start(signal);
    const beating = leases.run(signal);
    await registerAll(hollowNodes, parts, signal, onRegistered);
    log.info({ nodes: hollowNodes.length, pods: parts.pods.size }, 'all nodes are registered');
    await Promise.all([beating, reports.run(signal)]);
    await Promise.all(hollowNodes.map((node) => node.stop()));
  };
  return [
    parts.nodeInformer.run(signal),
    parts.pods.run(signal),
    live(),
    runHollowServer(options, parts, { log, tracer }, signal),
  ];
}

/** The first report of each node. */
async function registerAll(
  hollowNodes: readonly HollowNode[],
  { clock }: HollowParts,
  signal: AbortSignal,
  onRegistered: () => void,
): Promise<void> {
  const waiting = [...hollowNodes].reverse();
  const registerSome = async (): Promise<void> => {
    for (let node = waiting.pop(); node && !signal.aborted; node = waiting.pop()) {
      await registerOne(node, clock, signal);
      onRegistered();
    }
  };
  await Promise.all(Array.from({ length: REGISTRATIONS }, registerSome));
}

async function registerOne(node: HollowNode, clock: HollowParts['clock'], signal: AbortSignal): Promise<void> {
  const backoff = createBackoff({ initialMs: 100, maxMs: 7_000 });
  while (!signal.aborted) {
    try {
      await node.report(signal);
      return;
    } catch {
      // Whatever it was, it is said by the heartbeats when it lasts.
      await sleep(backoff.next(), signal, clock).catch(() => undefined);
    }
  }
}

function isReady(node: {
  readonly status?: { readonly conditions?: readonly { type: string; status: string }[] };
}): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
