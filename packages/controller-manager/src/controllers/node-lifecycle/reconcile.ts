import { isApiError, leases, type Node, nodes, type Pod, pods } from '@kubelab/api';
import { type Cached, deleteIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { NODE_INDEX } from '../../shared-informers.js';
import { evictionTimeMs, planSilentConditions, planTaints, readyStatus } from './plan.js';

const LEASE_NAMESPACE = 'kube-node-lease';

/** What was last heard of a node, and when, by this process' own clock: no two clocks are compared. */
interface Heartbeat {
  readonly sign: string;
  readonly heardMs: number;
}

/** Tells which nodes are gone, and moves their pods. */
export const createNodeLifecycleController: ControllerFactory = (context) => {
  const { client, informers, options, recorder, clock } = context;
  const nodeInformer = informers.for(nodes);
  const leaseInformer = informers.for(leases);
  const podInformer = informers.for(pods);
  const heartbeats = new Map<string, Heartbeat>();
  const reconciler = context.createReconciler('NodeLifecycle', reconcile, [nodeInformer, leaseInformer, podInformer]);
  const { queue } = reconciler;

  nodeInformer.onChange(({ type, key, object, old, trace }) => {
    if (type === 'deleted') heartbeats.delete(key);
    const change = old === undefined || readyStatus(old) !== readyStatus(object);
    // Whether anything is evicted depends on all nodes.
    if (type === 'deleted' || change) for (const node of nodeInformer.list()) queue.add(node.metadata.name, trace);
    else queue.add(key, trace);
  });
  leaseInformer.onChange(({ object }) => {
    if (object.metadata.namespace === LEASE_NAMESPACE) listen(object.metadata.name);
  });
  podInformer.onChange(({ type, object, trace }) => {
    const node = object.spec?.nodeName;
    if (
      type !== 'deleted' &&
      node &&
      nodeInformer.get(node)?.spec?.taints?.some(({ effect }) => effect === 'NoExecute')
    )
      queue.add(node, trace);
  });

  function listen(name: string): Heartbeat | undefined {
    const node = nodeInformer.get(name);
    if (node === undefined) return undefined;
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
    const lease = leaseInformer.get(`${LEASE_NAMESPACE}/${name}`);
    const sign = `${lease?.spec?.renewTime} ${ready?.status === 'Unknown' ? '' : ready?.lastHeartbeatTime}`;
    const known = heartbeats.get(name);
    // What we wrote ourselves is no sign of life.
    if (known?.sign === sign) return known;
    const heard = { sign, heardMs: clock.now() };
    heartbeats.set(name, heard);
    return heard;
  }

  async function reconcile(name: string, reconcileContext: ReconcileContext) {
    const heard = listen(name);
    const node = nodeInformer.get(name);
    if (node === undefined || heard === undefined) return undefined;
    const silentMs = clock.now() - heard.heardMs;
    const isSilent = silentMs >= options.nodeMonitorGracePeriodMs;
    if (isSilent) {
      const conditions = planSilentConditions(node, clock.now());
      if (conditions) {
        await writeConditions(node, conditions, reconcileContext);
        recorder.event(
          node,
          'Normal',
          'NodeNotReady',
          `Node ${name} status is now: NodeNotReady`,
          reconcileContext.trace,
        );
        return undefined;
      }
    }
    if (readyStatus(node) !== 'True') await markPodsNotReady(node, reconcileContext);
    const evict = [...nodeInformer.list()].some((each) => readyStatus(each) === 'True');
    const taints = planTaints(node, evict, clock.now());
    if (taints) {
      const { uid, resourceVersion } = node.metadata;
      const patch = { metadata: { uid, resourceVersion }, spec: { taints } };
      await client.patch<Node>(nodes, { namespace: '', name }, 'merge', patch, { trace: reconcileContext.trace });
      return undefined;
    }
    const nextEvictionMs = await evictPods(node, reconcileContext);
    const nextSilenceMs = isSilent ? Number.POSITIVE_INFINITY : options.nodeMonitorGracePeriodMs - silentMs;
    const requeueAfterMs = Math.min(nextEvictionMs, nextSilenceMs);
    return Number.isFinite(requeueAfterMs) ? { requeueAfterMs: Math.max(requeueAfterMs, 10) } : undefined;
  }

  async function writeConditions(
    node: Cached<Node>,
    conditions: NonNullable<Node['status']>['conditions'],
    { trace }: ReconcileContext,
  ) {
    const { name, uid, resourceVersion } = node.metadata;
    const patch = { metadata: { uid, resourceVersion }, status: { conditions } };
    await client.patch<Node>(nodes, { namespace: '', name }, 'merge', patch, { trace, subresource: 'status' });
  }

  /** Its kubelet cannot say so any more; without this its pods would stay in the endpoints. */
  async function markPodsNotReady(node: Cached<Node>, { trace }: ReconcileContext): Promise<void> {
    for (const pod of podInformer.byIndex(NODE_INDEX, node.metadata.name)) {
      const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'True') continue;
      const { namespace = '', name, uid } = pod.metadata;
      const lastTransitionTime = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
      const condition = { type: 'Ready', status: 'False', reason: 'NodeNotReady', lastTransitionTime };
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready', trace);
      await client
        .patch<Pod>(pods, { namespace, name }, 'strategic', patch, { trace, subresource: 'status' })
        .catch((error) => {
          if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
        });
    }
  }

  /** Deletes the pods whose time is up; in how many milliseconds the next one's is. */
  async function evictPods(node: Cached<Node>, { trace, log }: ReconcileContext): Promise<number> {
    let nextMs = Number.POSITIVE_INFINITY;
    const taints = node.spec?.taints ?? [];
    for (const pod of podInformer.byIndex(NODE_INDEX, node.metadata.name)) {
      const timeMs = pod.metadata.deletionTimestamp ? undefined : evictionTimeMs(pod, taints);
      if (timeMs === undefined) continue;
      if (timeMs > clock.now()) {
        nextMs = Math.min(nextMs, timeMs - clock.now());
        continue;
      }
      const { namespace = '', name, uid } = pod.metadata;
      log.info({ pod: `${namespace}/${name}` }, 'evicting a pod that does not tolerate its node');
      recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`, trace);
      await deleteIfPresent(client, pods, { namespace, name }, { trace, preconditions: { uid } });
    }
    return nextMs;
  }

  return reconciler;
};
