import { nodes, pods } from '@kubelab/api';
import { deleteIfPresent, getIfPresent, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';
import { planPodGc } from './plan.js';

/** A node that is gone may be about to register again; its pods wait so long. */
const QUARANTINE_MS = 40_000;
const PERIOD_MS = 20_000;
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
    if (type !== 'modified') queue.add(KEY, trace);
  });
  podInformer.onChange(({ type, object, trace }) => {
    if (type === 'modified' && object.metadata.deletionTimestamp && !object.spec?.nodeName) queue.add(KEY, trace);
  });
  queue.add(KEY);

  async function reconcile(_: string, { trace, log }: ReconcileContext) {
    const gone = await goneNodes(trace);
    const doomed = planPodGc({
      pods: podInformer.list(),
      isNodeGone: (name) => gone.has(name),
      isOutOfService: (name) =>
        nodeInformer.get(name)?.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') ?? false,
      terminatedThreshold: options.terminatedPodGcThreshold,
    });
    for (const { metadata } of doomed) {
      const { namespace = '', name, uid } = metadata;
      log.info({ pod: `${namespace}/${name}` }, 'deleting a pod that nobody else will delete');
      const deletion = { trace, gracePeriodSeconds: 0, preconditions: { uid } };
      await deleteIfPresent(client, pods, { namespace, name }, deletion);
    }
    return { requeueAfterMs: PERIOD_MS };
  }

  async function goneNodes(trace: ReconcileContext['trace']): Promise<Set<string>> {
    const named = new Set([...podInformer.list()].flatMap(({ spec }) => (spec?.nodeName ? [spec.nodeName] : [])));
    for (const name of missingSinceMs.keys())
      if (!named.has(name) || nodeInformer.get(name)) missingSinceMs.delete(name);
    const gone = new Set<string>();
    for (const name of named) {
      if (nodeInformer.get(name)) continue;
      const sinceMs = missingSinceMs.get(name) ?? clock.now();
      missingSinceMs.set(name, sinceMs);
      if (clock.now() - sinceMs < QUARANTINE_MS) continue;
      // The cache may lag: only the apiserver can say that it does not exist.
      if ((await getIfPresent(client, nodes, { namespace: '', name }, { trace })) === undefined) gone.add(name);
    }
    return gone;
  }

  return reconciler;
};
