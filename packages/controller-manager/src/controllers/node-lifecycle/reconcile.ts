import { leases, type Node, nodes, type Pod, pods } from '@kubelab/api';
import { type Cached, deleteIfPresent, getIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { patchPodStatus } from '../../patch-pod-status.js';
import { NODE_INDEX } from '../../shared-informers.js';
import { timestamp } from '../../timestamp.js';
import {
  beginsEviction,
  type Eviction,
  evictionTimeMs,
  planSilentConditions,
  planTaints,
  readyStatus,
} from './plan.js';
import { type EvictionPaces, planPaces, zoneOf } from './zones.js';

const LEASE_NAMESPACE = 'kube-node-lease';
/** The queue's key for all nodes together; no node can have this name. */
const ALL_NODES = '*';

/** What was last heard of a node, and when, by this process' own clock: no two clocks are compared. */
interface Heartbeat {
  readonly sign: string;
  readonly heardMs: number;
  /** The time in the lease as the apiserver was last asked for it, ahead of the cache. */
  readonly renewTime?: string | undefined;
}

/** Tells which nodes are gone, and moves their pods. */
export const createNodeLifecycleController: ControllerFactory = (context) => {
  const { client, informers, options, recorder, clock } = context;
  const nodeInformer = informers.for(nodes);
  const leaseInformer = informers.for(leases);
  const podInformer = informers.for(pods);
  const heartbeats = new Map<string, Heartbeat>();
  /** Zone → when the last of its nodes began to be evicted. */
  const lastEvictionMs = new Map<string, number>();
  let paces: EvictionPaces | undefined;
  const reconciler = context.createReconciler('NodeLifecycle', reconcile, [nodeInformer, leaseInformer, podInformer]);
  const { queue } = reconciler;

  nodeInformer.onChange(({ type, key, object, old, trace }) => {
    if (type === 'deleted') {
      heartbeats.delete(key);
      recorder.event(
        object,
        'Normal',
        'RemovingNode',
        `Node ${key} event: Removing Node ${key} from Controller`,
        trace,
      );
    } else queue.add(key, trace);
    // How fast anything is evicted depends on all nodes.
    const isSame = old && readyStatus(old) === readyStatus(object) && zoneOf(old) === zoneOf(object);
    if (!isSame) queue.add(ALL_NODES, trace);
  });
  leaseInformer.onChange(({ object }) => {
    if (object.metadata.namespace === LEASE_NAMESPACE) listen(object.metadata.name);
  });
  podInformer.onChange(({ type, object, trace }) => {
    const node = object.spec?.nodeName;
    if (type === 'deleted' || !node) return;
    const taints = nodeInformer.get(node)?.spec?.taints;
    if (taints?.some(({ effect }) => effect === 'NoExecute')) queue.add(node, trace);
  });

  /** Notes a sign of life; what was heard last. */
  function listen(name: string): Heartbeat | undefined {
    const node = nodeInformer.get(name);
    if (node === undefined) return undefined;
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
    const lease = leaseInformer.get(`${LEASE_NAMESPACE}/${name}`);
    // What we write for a silent node leaves this time as it was, and is no sign of life.
    const reportedAt = ready?.lastHeartbeatTime ?? node.metadata.creationTimestamp;
    const sign = `${node.metadata.uid} ${lease?.spec?.renewTime} ${reportedAt}`;
    const known = heartbeats.get(name);
    if (known?.sign === sign) return known;
    if (known === undefined)
      recorder.event(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    const heard = { sign, heardMs: clock.now(), renewTime: known?.renewTime };
    heartbeats.set(name, heard);
    return heard;
  }

  async function reconcile(name: string, reconcileContext: ReconcileContext) {
    if (name === ALL_NODES) return setPaces(reconcileContext);
    const heard = listen(name);
    const node = nodeInformer.get(name);
    if (node === undefined || heard === undefined) return undefined;
    const graceMs =
      readyStatus(node) === undefined ? options.nodeStartupGracePeriodMs : options.nodeMonitorGracePeriodMs;
    const silenceInMs = heard.heardMs + graceMs - clock.now();
    const conditions = silenceInMs <= 0 ? planSilentConditions(node, clock.now()) : undefined;
    if (conditions) {
      if (await hasRenewed(name, heard, reconcileContext)) return { requeueAfterMs: graceMs };
      await writeConditions(node, conditions, reconcileContext);
      return undefined;
    }
    if (readyStatus(node) === 'Unknown') await markPodsNotReady(node, reconcileContext);
    const nextTaintMs = await writeTaints(node, reconcileContext);
    const nextEvictionMs = await evictPods(node, reconcileContext);
    const nextMs = Math.min(nextTaintMs, nextEvictionMs, silenceInMs > 0 ? silenceInMs : Number.POSITIVE_INFINITY);
    return Number.isFinite(nextMs) ? { requeueAfterMs: Math.max(nextMs, 10) } : undefined;
  }

  /**
   * Whether the lease has been renewed without our having heard of it. In a process that has just started, or has too
   * much to do, the watch may lag by more than the grace period, and thousands of nodes would be taken for dead.
   */
  async function hasRenewed(name: string, heard: Heartbeat, { trace }: ReconcileContext): Promise<boolean> {
    const key = { namespace: LEASE_NAMESPACE, name };
    const renewTime = (await getIfPresent(client, leases, key, { trace }))?.spec?.renewTime;
    const cached = leaseInformer.get(`${LEASE_NAMESPACE}/${name}`)?.spec?.renewTime;
    if (renewTime === undefined || renewTime === cached || renewTime === heard.renewTime) return false;
    heartbeats.set(name, { ...heard, heardMs: clock.now(), renewTime });
    return true;
  }

  async function setPaces({ trace }: ReconcileContext): Promise<undefined> {
    paces = planPaces(nodeInformer.list());
    for (const node of nodeInformer.list()) if (readyStatus(node) !== 'True') queue.add(node.metadata.name, trace);
    return undefined;
  }

  async function writeConditions(
    node: Cached<Node>,
    conditions: NonNullable<Node['status']>['conditions'],
    { trace }: ReconcileContext,
  ) {
    const { name, uid, resourceVersion } = node.metadata;
    const patch = { metadata: { uid, resourceVersion }, status: { conditions } };
    await client.patch<Node>(nodes, { namespace: '', name }, 'merge', patch, { trace, subresource: 'status' });
    if (readyStatus(node) === 'True')
      recorder.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`, trace);
  }

  /** In how many milliseconds to try again, where the node has to wait for its turn to be evicted. */
  async function writeTaints(node: Cached<Node>, { trace }: ReconcileContext): Promise<number> {
    // All nodes have not been looked at together yet: they will be, and this one again.
    if (paces === undefined) return Number.POSITIVE_INFINITY;
    const nowMs = clock.now();
    const zone = zoneOf(node);
    const periodMs = paces.periodMsOf(node);
    const turnInMs = (lastEvictionMs.get(zone) ?? Number.NEGATIVE_INFINITY) + periodMs - nowMs;
    const mayBegin = periodMs < Number.POSITIVE_INFINITY && !(turnInMs > 0);
    const eviction: Eviction = paces.isSuspended ? 'remove' : mayBegin ? 'add' : 'keep';
    const isWaiting = eviction === 'keep' && beginsEviction(node, planTaints(node, 'add', nowMs) ?? []);
    const taints = planTaints(node, eviction, nowMs);
    if (taints) {
      const { name, uid, resourceVersion } = node.metadata;
      if (beginsEviction(node, taints)) lastEvictionMs.set(zone, nowMs);
      const patch = { metadata: { uid, resourceVersion }, spec: { taints } };
      await client.patch<Node>(nodes, { namespace: '', name }, 'merge', patch, { trace });
    }
    return isWaiting && Number.isFinite(turnInMs) ? turnInMs : Number.POSITIVE_INFINITY;
  }

  /** Its kubelet cannot say so any more; without this its pods would stay in the endpoints. */
  async function markPodsNotReady(node: Cached<Node>, { trace }: ReconcileContext): Promise<void> {
    for (const pod of podInformer.byIndex(NODE_INDEX, node.metadata.name)) {
      const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'True') continue;
      recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready', trace);
      const lastTransitionTime = timestamp(clock.now());
      const condition = { type: 'Ready', status: 'False', reason: 'NodeNotReady', lastTransitionTime };
      await patchPodStatus(client, pod, { conditions: [condition] }, trace);
    }
  }

  /** Deletes the pods whose time is up; in how many milliseconds the next one's is. */
  async function evictPods(node: Cached<Node>, reconcileContext: ReconcileContext): Promise<number> {
    const taints = node.spec?.taints ?? [];
    let nextMs = Number.POSITIVE_INFINITY;
    if (!taints.some(({ effect }) => effect === 'NoExecute')) return nextMs;
    for (const pod of podInformer.byIndex(NODE_INDEX, node.metadata.name)) {
      const timeMs = pod.metadata.deletionTimestamp ? undefined : evictionTimeMs(pod, taints);
      if (timeMs === undefined) continue;
      if (timeMs > clock.now()) nextMs = Math.min(nextMs, timeMs - clock.now());
      else await evict(pod, reconcileContext);
    }
    return nextMs;
  }

  async function evict(pod: Cached<Pod>, { trace, log }: ReconcileContext): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    log.info({ pod: `${namespace}/${name}` }, 'evicting a pod that does not tolerate its node');
    recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`, trace);
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: timestamp(clock.now()),
    };
    await patchPodStatus(client, pod, { conditions: [condition] }, trace);
    await deleteIfPresent(client, pods, { namespace, name }, { trace, preconditions: { uid } });
  }

  return reconciler;
};
