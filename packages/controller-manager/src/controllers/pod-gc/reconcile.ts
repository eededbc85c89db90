import { isPodTerminal, nodes, type Pod, pods } from '@kubelab/api';
import { type Cached, deleteIfPresent, getIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { inBatches } from '../../ownership/in-batches.js';
import { patchPodStatus } from '../../patch-pod-status.js';
import { timestamp } from '../../timestamp.js';
import { type Doomed, planPodGc } from './plan.js';

/** A node that is gone may be about to register again; its pods wait so long. */
const QUARANTINE_MS = 40_000;
const PERIOD_MS = 20_000;
/** All pods are looked at each time: what comes together is looked at together. */
const GATHER_MS = 500;
/** One key: all pods are looked at together. */
const KEY = 'all';

/** Deletes the pods that nobody else will: of nodes that are gone, and terminated ones beyond the threshold. */
export const createPodGcController: ControllerFactory = (context) => {
  const { client, informers, options, clock } = context;
  const nodeInformer = informers.for(nodes);
  const podInformer = informers.for(pods);
  const missingSinceMs = new Map<string, number>();
  const reconciler = context.createReconciler('PodGC', reconcile, [nodeInformer, podInformer]);
  const { queue } = reconciler;
  nodeInformer.onChange(({ type, trace }) => {
    if (type === 'deleted') queue.addAfter(KEY, GATHER_MS, trace);
  });
  podInformer.onChange(({ type, object, trace }) => {
    if (type === 'modified' && object.metadata.deletionTimestamp && !object.spec?.nodeName)
      queue.addAfter(KEY, GATHER_MS, trace);
  });
  queue.add(KEY);

  async function reconcile(_: string, reconcileContext: ReconcileContext) {
    const gone = await goneNodes(reconcileContext);
    const doomed = planPodGc({
      pods: podInformer.list(),
      isNodeGone: (name) => gone.has(name),
      isOutOfService,
      terminatedThreshold: options.terminatedPodGcThreshold,
    });
    await inBatches(doomed, (each) => collect(each, reconcileContext), reconcileContext.signal);
    return { requeueAfterMs: PERIOD_MS };
  }

  function isOutOfService(name: string): boolean {
    const node = nodeInformer.get(name);
    const isReady = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return !isReady && (node?.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') ?? false);
  }

  async function collect({ pod, because }: Doomed, { trace, log }: ReconcileContext): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    log.info({ pod: `${namespace}/${name}`, because }, 'deleting a pod that nobody else will delete');
    if (because !== 'surplus' && !isPodTerminal(pod)) await markFailed(pod, because, trace);
    const deletion = { trace, gracePeriodSeconds: 0, preconditions: { uid } };
    await deleteIfPresent(client, pods, { namespace, name }, deletion);
  }

  async function markFailed(pod: Cached<Pod>, because: Doomed['because'], trace: ReconcileContext['trace']) {
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
      lastTransitionTime: timestamp(clock.now()),
    };
    const conditions = because === 'node gone' ? { conditions: [condition] } : {};
    await patchPodStatus(client, pod, { phase: 'Failed', ...conditions }, trace);
  }

  async function goneNodes({ trace, signal }: ReconcileContext): Promise<Set<string>> {
    const named = new Set<string>();
    for (const { spec } of podInformer.list()) if (spec?.nodeName) named.add(spec.nodeName);
    for (const name of missingSinceMs.keys())
      if (!named.has(name) || nodeInformer.get(name)) missingSinceMs.delete(name);
    const missing: string[] = [];
    for (const name of named) {
      if (nodeInformer.get(name)) continue;
      const sinceMs = missingSinceMs.get(name) ?? clock.now();
      missingSinceMs.set(name, sinceMs);
      if (clock.now() - sinceMs >= QUARANTINE_MS) missing.push(name);
    }
    const gone = new Set<string>();
    const look = async (name: string): Promise<void> => {
      // The cache may lag: only the apiserver can say that it does not exist.
      if ((await getIfPresent(client, nodes, { namespace: '', name }, { trace })) === undefined) gone.add(name);
    };
    await inBatches(missing, look, signal);
    return gone;
  }

  return reconciler;
};
